import type { LifecycleRule, Transition } from '@aws-sdk/client-s3';
import { printableName } from '../../core/printable.ts';
import type { LifecycleEffect } from '../lifecycle.ts';
import type { S3Client } from './client.ts';
import { isGone, S3Failure } from './failure.ts';
import { commonStart, type Keys } from './keys.ts';
import type { Versioning } from './objects.ts';

/**
 * What the bucket does by itself to archives of that name
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html); undefined where the key may not ask, or the
 * service knows no such rules.
 */
export async function lifecycleOf(
  client: S3Client,
  archives: { name: string; keys: Keys; versioning: Versioning },
  signal: AbortSignal,
): Promise<LifecycleEffect[] | undefined> {
  try {
    const rules = await client.call(async (api, sending) => (await api.lifecycle(sending)).Rules ?? [], signal);
    const key = archives.keys.keyOf(archives.name);
    const start = archives.keys.keyOf(commonStart(archives.name));
    return rules
      .filter((rule) => rule.Status === 'Enabled' && touches(rule, [key, start]))
      .flatMap((rule) => effectsOf(rule, archives.versioning));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof S3Failure)) throw error;
    return isGone(error) ? [] : undefined;
  }
}

/** Archives have no tags, and their size is not known beforehand. */
function touches({ Filter: filter, Prefix: old }: LifecycleRule, names: readonly string[]): boolean {
  if (filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0) return false;
  const prefix = filter?.And?.Prefix ?? filter?.Prefix ?? old ?? '';
  return names.some((name) => name.startsWith(prefix));
}

function effectsOf(rule: LifecycleRule, versioning: Versioning): LifecycleEffect[] {
  const effects: LifecycleEffect[] = [];
  const add = (does: LifecycleEffect['does'], afterDays: number, more: Partial<LifecycleEffect> = {}) =>
    effects.push({ rule: nameOf(rule), does, afterDays, sparesNewest: 0, ...more });
  const isVersioned = versioning === 'enabled';
  const { Expiration: expiration, NoncurrentVersionExpiration: ofOlder } = rule;
  // Where versions are kept, the end of the newest one only hides it.
  if (!isVersioned && (expiration?.Days !== undefined || expiration?.Date !== undefined)) {
    add('removes', expiration.Days ?? 0);
  }
  if (isVersioned && ofOlder !== undefined) {
    add('removes', ofOlder.NoncurrentDays ?? 0, { sparesNewest: 1 + (ofOlder.NewerNoncurrentVersions ?? 0) });
  }
  for (const { Days: days = 0 } of (rule.Transitions ?? []).filter(isFreezing)) {
    add('freezes', days, isVersioned ? { isOfNewest: true } : {});
  }
  for (const moved of isVersioned ? (rule.NoncurrentVersionTransitions ?? []).filter(isFreezing) : []) {
    add('freezes', moved.NoncurrentDays ?? 0, { sparesNewest: 1 + (moved.NewerNoncurrentVersions ?? 0) });
  }
  const cancelledAfterDays = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  if (cancelledAfterDays !== undefined && cancelledAfterDays < 1) add('cancels', cancelledAfterDays);
  return effects;
}

/** Classes that a request must first thaw archives from, which takes hours. */
function isFreezing({ StorageClass: storageClass }: Pick<Transition, 'StorageClass'>): boolean {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
}

function nameOf({ ID: id, Filter: filter, Expiration: expiration }: LifecycleRule): string {
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = filter?.And ?? filter ?? {};
  const limits = [
    ...(above === undefined ? [] : [`archives above ${above} bytes`]),
    ...(below === undefined ? [] : [`archives below ${below} bytes`]),
    ...(expiration?.Date === undefined ? [] : [`from ${expiration.Date.toISOString().slice(0, 10)} on`]),
  ];
  const name = id === undefined ? 'without a name' : `"${printableName(id)}"`;
  return limits.length === 0 ? name : `${name} (${limits.join(', ')})`;
}
