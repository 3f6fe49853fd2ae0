import type { KeptBackup } from '../core/backup-record.ts';
import { grouped } from '../core/group-by.ts';
import { hasRules } from '../server/retention-rules.ts';
import type { RulesHere } from '../server/rules-at.ts';
import { decide, type Candidate, type Moment } from './decide.ts';

/** A copy of a backup that its place lists. */
export interface ListedCopy extends Candidate {
  /** The id of the backup, which all of its copies share. */
  rootId: number;
  place: string;
  /** Set where a person keeps it. */
  kept: KeptBackup | undefined;
}

/** A place that a server's backups are in, or should be in. Where its rules are not known, it counts as one without rules. */
interface RuledPlace {
  place: string;
  ruled: RulesHere | undefined;
}

/**
 * Why each copy is kept, by the id of its row; one without a reason is removed.
 *
 * - The rules of a place apply to what it lists, by itself.
 * - A backup that a person keeps stays in all places.
 * - A backup whose last sound copy would go stays while the rules of another place would keep it there: its copy there is missing,
 *   bad, was never made, or cannot be asked for. Where all places have the same rules this keeps nothing more, as what they keep
 *   of all backups they keep of a part of them.
 */
export function judgeCopies(
  copies: readonly ListedCopy[],
  places: readonly RuledPlace[],
  moment: Moment,
): (backupId: number) => readonly string[] {
  const inPlaces = grouped(copies, ({ place }) => place);
  const pinned = new Map(
    copies.flatMap(({ rootId, kept }) => pinnedInWords(kept, moment.now).map((why) => [rootId, why])),
  );
  const reasons = new Map<number, readonly string[]>();
  for (const { place, ruled } of places) {
    const here = inPlaces.get(place) ?? [];
    const justMade = here.find(({ rootId }) => rootId === moment.justMade)?.backupId;
    const kept = decide(here, ruled?.rules ?? {}, { ...moment, justMade });
    for (const { backupId, rootId } of here) {
      const pin = pinned.get(rootId);
      reasons.set(backupId, [...(pin === undefined ? [] : [pin]), ...(kept.get(backupId) ?? [])]);
    }
  }
  const ofBackup = [...grouped(copies, ({ rootId }) => rootId).values()];
  const backups = ofBackup.flatMap((group) => asOne(group));
  const elsewhere = places.map((one) => ({ ...one, kept: decide(backups, one.ruled?.rules ?? {}, moment) }));
  const isKept = ({ backupId }: ListedCopy) => (reasons.get(backupId) ?? []).length > 0;
  for (const group of ofBackup) {
    if (group.some((one) => one.isVerified !== false && isKept(one))) continue;
    for (const { backupId, rootId, place: here } of group.filter((one) => !isKept(one))) {
      const reason = elsewhere.flatMap(({ place, ruled, kept }) => {
        const why = place === here ? undefined : kept.get(rootId);
        return why === undefined || why.length === 0 ? [] : [neededInWords(place, ruled, why)];
      });
      reasons.set(backupId, reason.slice(0, 1));
    }
  }
  return (backupId) => reasons.get(backupId) ?? [];
}

/** The copies of a backup as one, as sound as the best of them. */
function asOne(copies: readonly ListedCopy[]): Candidate[] {
  const [first] = copies;
  if (first === undefined) return [];
  const verified = new Set(copies.map(({ isVerified }) => isVerified));
  const isVerified = verified.has(true) ? true : verified.has(undefined) ? undefined : false;
  const { rootId: backupId, startedAt } = first;
  return [{ backupId, startedAt, isGood: copies.some(({ isGood }) => isGood), isVerified }];
}

function neededInWords(place: string, ruled: RulesHere | undefined, why: readonly string[]): string {
  const needed =
    ruled !== undefined && hasRules(ruled.rules)
      ? `by the rules of ${ruled.owner ?? place} it should be there (${why.join(', ')})`
      : `no rules apply in ${place}`;
  return `no other good copy is known, and ${needed}`;
}

/** Why a person keeps it; none where no one does, or not any more. */
function pinnedInWords(kept: KeptBackup | undefined, now: Date): string[] {
  if (kept === undefined || (kept.until !== undefined && kept.until < now)) return [];
  const until = kept.until === undefined ? '' : ` until ${kept.until.toISOString().slice(0, 10)}`;
  return [`kept by hand${until}${kept.note === undefined ? '' : `: ${kept.note}`}`];
}
