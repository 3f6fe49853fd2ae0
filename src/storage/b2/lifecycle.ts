import { printableName } from '../../core/printable.ts';
import type { LifecycleEffect } from '../lifecycle.ts';
import { findBucket, type B2Client } from './client.ts';
import { B2Failure, fieldOf } from './failure.ts';

/**
 * What the bucket does by itself to archives of that name (https://www.backblaze.com/docs/cloud-storage-lifecycle-rules);
 * undefined where the key may not ask. A version counts as hidden from the next upload of its name on, so rules that only hide
 * remove nothing.
 */
export async function lifecycleOf(
  client: B2Client,
  { bucket, name }: { bucket: string; name: string },
  signal: AbortSignal,
): Promise<LifecycleEffect[] | undefined> {
  if (!(await client.session(signal)).allowed.capabilities.includes('listBuckets')) return undefined;
  try {
    const rules: unknown = fieldOf(await findBucket(client, bucket, signal), 'lifecycleRules');
    return Array.isArray(rules) ? rules.flatMap((rule) => effectsOf(rule, name)) : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof B2Failure) return undefined;
    throw error;
  }
}

function effectsOf(rule: unknown, name: string): LifecycleEffect[] {
  const prefix = fieldOf(rule, 'fileNamePrefix');
  const afterDays = fieldOf(rule, 'daysFromHidingToDeleting');
  if (typeof prefix !== 'string' || typeof afterDays !== 'number' || !name.startsWith(prefix)) return [];
  const hidesNewest = typeof fieldOf(rule, 'daysFromUploadingToHiding') === 'number';
  const of = prefix === '' ? 'for all files' : `for "${printableName(prefix)}"`;
  return [{ rule: of, does: 'removes', afterDays, sparesNewest: hidesNewest ? 0 : 1 }];
}
