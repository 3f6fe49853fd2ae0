import { startServerProcess, type ServerProcess } from '../server-process.ts';
import type { S3ServerOptions } from './start.ts';

/** Starts a server of S3 as a process of its own, with a bucket of today's: it keeps versions. */
export async function startS3ServerProcess(options: Partial<S3ServerOptions> = {}): Promise<ServerProcess> {
  return await startServerProcess('s3-server', { versioning: 'Enabled', ...options }, ({ url, id, bucket }) => ({
    place: `s3:${bucket}`,
    variables: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: 'not compared',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  }));
}
