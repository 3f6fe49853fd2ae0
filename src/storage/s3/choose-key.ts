import { versionNameOf } from '../version-names.ts';
import type { S3Client } from './client.ts';
import { isDenied, S3Failure } from './failure.ts';
import type { Keys } from './keys.ts';
import { headOf } from './objects.ts';

/** Keys of uploads of this process that are on their way: a service without conditions would let one replace another. */
const onTheirWay = new Set<string>();

/** Chooses a key that is free for a backup: with the time stamp of its start, and a number where that is taken. */
export async function chooseKey(
  client: S3Client,
  { name, startedAt, keys }: { name: string; startedAt: Date; keys: Keys },
  signal: AbortSignal,
): Promise<{ key: string; release: () => void }> {
  for (let attempt = 1; ; attempt += 1) {
    const key = keys.keyOf(versionNameOf(name, startedAt, attempt));
    const place = `${client.host}/${client.account.bucket}/${key}`;
    if (onTheirWay.has(place)) continue;
    onTheirWay.add(place);
    try {
      if (!(await isTaken(client, key, signal))) return { key, release: () => void onTheirWay.delete(place) };
      onTheirWay.delete(place);
    } catch (error) {
      onTheirWay.delete(place);
      throw error;
    }
  }
}

async function isTaken(client: S3Client, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await headOf(client, { Key: key }, signal)) !== undefined;
  } catch (error) {
    // Where a key may not list, S3 denies what is not there. The upload itself asks for a free key.
    if (error instanceof S3Failure && isDenied(error)) return false;
    throw error;
  }
}
