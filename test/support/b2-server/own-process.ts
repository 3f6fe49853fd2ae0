import { startServerProcess, type ServerProcess } from '../server-process.ts';
import type { B2ServerOptions } from './start.ts';

/** Starts a B2 test server as a process of its own. */
export async function startB2ServerProcess(options: B2ServerOptions = {}): Promise<ServerProcess> {
  return await startServerProcess('b2-server', { ...options }, ({ url, id, key, bucket }) => ({
    place: `b2:${bucket}`,
    variables: { B2_API_URL: url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: bucket },
  }));
}
