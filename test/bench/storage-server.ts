import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { B2ServerOptions } from '../support/b2-server/start.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A B2 test server as a process of its own, and the variables that lead to it. */
export interface StorageServer extends Disposable {
  variables: Record<string, string>;
}

export async function startStorageServer(options: B2ServerOptions = {}): Promise<StorageServer> {
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
