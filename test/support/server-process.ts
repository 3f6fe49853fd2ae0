import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processorMs } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A test server whose memory and processor time are not those of whoever measures, and the variables that lead to it. */
export interface ServerProcess extends Disposable {
  place: string;
  variables: Record<string, string>;
  /** What it took of the processors until now. */
  processorMs(): number;
}

/** What a server prints of itself. */
interface Told {
  url: string;
  id: string;
  key: string;
  bucket: string;
}

/** Starts the server of a folder beside this file. */
export async function startServerProcess(
  folder: string,
  options: Record<string, unknown>,
  describe: (told: Told) => Pick<ServerProcess, 'place' | 'variables'>,
): Promise<ServerProcess> {
  const args = ['--import', './test/support/run-typescript.mjs', `./test/support/${folder}/serve.ts`];
  const server = spawn(process.execPath, [...args, JSON.stringify(options)], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { url = '', id = '', key = '', bucket = '' }: Record<string, string> = JSON.parse(line.toString());
  return {
    ...describe({ url, id, key, bucket }),
    processorMs: () => processorMs(server.pid ?? 0),
    // It removes what it keeps on the disk, and ends.
    [Symbol.dispose]: () => void server.stdin.end(),
  };
}
