import { formatCount } from '../core/format.ts';

/** What a bucket does by itself to archives of one name: one effect of one of its rules of lifecycle. */
export interface LifecycleEffect {
  /** The rule, for people: `"expire-old"`. */
  rule: string;
  /** `freezes`: into a class of storage that cannot be read at once. `cancels`: uploads that are not finished yet. */
  does: 'removes' | 'freezes' | 'cancels';
  /** After an upload; where only older versions are touched, after the next upload. */
  afterDays: number;
  /** So many of the newest archives are not touched. */
  sparesNewest: number;
  /** Whether it touches an archive only while no newer one is there. */
  isOfNewest?: boolean;
}

/** `the lifecycle rule "old" of s3:bucket removes archives after 7 days, all but the newest 3`. */
export function effectInWords({ rule, does, afterDays, sparesNewest }: LifecycleEffect, place: string): string {
  const when = afterDays < 1 ? 'at once' : `after ${formatCount(afterDays, 'day')}`;
  const what = {
    removes: `removes archives ${when}`,
    freezes: `moves archives ${when} to where they cannot be read without a thaw`,
    cancels: `cancels unfinished uploads in less than a day`,
  }[does];
  return `the lifecycle rule ${rule} of ${place} ${what}${sparesNewest > 1 ? `, all but the newest ${sparesNewest}` : ''}`;
}
