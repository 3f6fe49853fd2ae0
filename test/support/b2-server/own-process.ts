import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { B2ServerOptions } from './start.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A B2 test server whose memory and processor time are not those of whoever measures, and the variables that lead to it. */
export interface B2ServerProcess extends Disposable {
  variables: Record<string, string>;
}

export async function startB2ServerProcess(options: B2ServerOptions = {}): Promise<B2ServerProcess> {
  const args = ['--import', './test/support/run-typescript.mjs', './test/support/b2-server/serve.ts'];
  const server = spawn(process.execPath, [...args, JSON.stringify(options)], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { url = '', id = '', key = '', bucket = '' }: Record<string, string> = JSON.parse(line.toString());
  return {
    variables: { B2_API_URL: url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: bucket },
    // It removes what it keeps on the disk, and ends.
    [Symbol.dispose]: () => void server.stdin.end(),
  };
}
