import { Secret } from '../../src/core/secret.ts';
import { openB2Storage } from '../../src/storage/b2/storage.ts';
import type { ObjectLock } from '../../src/storage/object-lock.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { systemClock, type Clock } from '../../src/system/clock.ts';
import { startB2Server, type B2Server, type B2ServerOptions } from '../support/b2-server/start.ts';

export const BUCKET = 'pgbak-bucket';
export const PART_BYTES = 5_000_000;

export interface B2Place extends AsyncDisposable {
  server: B2Server;
  /** Every pause that the storage made; they take no time. */
  pausesMs: number[];
  open(options?: {
    owner?: string;
    key?: { id: string; key: string };
    bucket?: string;
    idleMs?: number;
    objectLock?: ObjectLock;
  }): Storage;
}

/** A B2 server with one bucket, whose clients wait for nothing. */
export async function b2Place(options: B2ServerOptions = {}): Promise<B2Place> {
  const server = await startB2Server({ recommendedPartSize: PART_BYTES, ...options });
  server.createBucket(BUCKET);
  const pausesMs: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms, signal) => {
      pausesMs.push(ms);
      await systemClock.sleep(1, signal);
    },
  };
  return {
    server,
    pausesMs,
    open: ({ owner = 'catalog-1', key = server.masterKey, bucket = BUCKET, idleMs = 10_000, objectLock } = {}) =>
      openB2Storage({
        keyId: new Secret(key.id),
        applicationKey: new Secret(key.key),
        bucket,
        apiUrl: server.url,
        owner,
        clock,
        idleMs,
        objectLock,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
