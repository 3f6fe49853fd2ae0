import { randomUUID } from 'node:crypto';
import { lockedUntil } from '../object-lock.ts';
import { ATTEMPTS } from '../retry.ts';
import { CATALOG_FACT, type PutOptions } from '../storage.ts';
import { chooseKey } from './choose-key.ts';
import { metadataOf } from './facts.ts';
import type { Keys } from './keys.ts';
import { TICKET_FACT } from './settle.ts';
import type { S3Upload } from './upload.ts';

/** An upload that holds its key until it is disposed. */
export type Upload = S3Upload & AsyncDisposable & { storedAt: Date | undefined };

const CONTENT_TYPE = 'application/x-7z-compressed';

/** Chooses the key of an upload, and what its object is stored with. */
export async function newUpload(
  { keys, owner, ...shared }: Pick<S3Upload, 'client' | 'idleMs' | 'slots' | 'rate'> & { keys: Keys; owner: string },
  { name, isVersioned }: { name: string; isVersioned: boolean },
  { info, signal, startedAt, onProgress, onUnsettled }: PutOptions,
): Promise<Upload> {
  const { client } = shared;
  const { key, release } = isVersioned
    ? { key: keys.keyOf(name), release: () => {} }
    : await chooseKey(client, { name, startedAt, keys }, signal);
  const ticket = randomUUID();
  const { storageClass, objectLock } = client.account;
  const lock =
    objectLock === undefined
      ? {}
      : {
          ObjectLockMode: objectLock.mode === 'compliance' ? ('COMPLIANCE' as const) : ('GOVERNANCE' as const),
          ObjectLockRetainUntilDate: lockedUntil(objectLock, client.clock.now()),
        };
  return {
    ...shared,
    name,
    key,
    isVersioned,
    settings: {
      Metadata: metadataOf({ ...info, [CATALOG_FACT]: owner, [TICKET_FACT]: ticket }),
      ContentType: CONTENT_TYPE,
      storageClass,
      ...lock,
    },
    ticket,
    signal,
    attempts: () => ATTEMPTS,
    onProgress: onProgress ?? (() => {}),
    onUnsettled: onUnsettled ?? (() => {}),
    storedAt: isVersioned ? undefined : startedAt,
    [Symbol.asyncDispose]: () => Promise.resolve(release()),
  };
}
