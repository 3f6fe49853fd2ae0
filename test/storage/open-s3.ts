import { Secret } from '../../src/core/secret.ts';
import { openS3Storage, type S3Options } from '../../src/storage/s3/storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { systemClock, type Clock } from '../../src/system/clock.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';
import type { VersioningState } from '../support/s3-server/model.ts';
import { startS3Server, type S3Server } from '../support/s3-server/start.ts';

export const BUCKET = 'pgbak-bucket';
export const PART_BYTES = 5 * 1024 * 1024;
export const SECRET_KEY = 'secret-access-key-of-the-test';

export interface S3Place extends AsyncDisposable {
  server: S3Server;
  /** Stands before the service, and breaks what is on its way. */
  proxy: S3Proxy;
  /** Every pause that the storage made; they take no time. */
  pausesMs: number[];
  open(options?: Partial<S3Options>): Storage;
}

/** A clock whose pauses take no time, and the pauses that were made. */
export function hastyClock(pausesMs: number[]): Clock {
  return {
    ...systemClock,
    sleep: async (ms, signal) => {
      pausesMs.push(ms);
      await systemClock.sleep(1, signal);
    },
  };
}

/** A service with one bucket, behind a proxy of the test's own, whose clients wait for nothing. */
export async function s3Place(options: { versioning?: VersioningState; knowsSha256?: boolean } = {}): Promise<S3Place> {
  const server = await startS3Server({ bucket: BUCKET, ...options });
  const proxy = await startS3Proxy(server.url);
  const pausesMs: number[] = [];
  const clock = hastyClock(pausesMs);
  return {
    server,
    proxy,
    pausesMs,
    open: (more = {}) =>
      openS3Storage({
        bucket: BUCKET,
        endpoint: proxy.url,
        region: 'us-east-1',
        accessKeyId: server.accessKeyId,
        secretAccessKey: new Secret(SECRET_KEY),
        owner: 'catalog-1',
        clock,
        idleMs: 10_000,
        partBytes: PART_BYTES,
        ...more,
      }),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
