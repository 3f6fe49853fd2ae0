import { isAhead } from '../core/doubtful-times.ts';
import { before, hasRules, parsePeriod, type RetentionRules } from '../server/retention-rules.ts';

/** A backup in storage, with what the rules look at. */
export interface Candidate {
  backupId: number;
  startedAt: Date;
  /** Whether it ended as a success. */
  isGood: boolean;
  /** What its newest thorough verification said; undefined where there was none. */
  isVerified: boolean | undefined;
}

export interface Moment {
  now: Date;
  /** The backup that this run has made. */
  justMade?: number | undefined;
}

/** Why each backup is kept. A backup without a reason is removed. */
type Verdicts = ReadonlyMap<number, readonly string[]>;

/**
 * Decides which backups of a server to keep, with restic's meaning of the rules
 * (https://restic.readthedocs.io/en/stable/060_forget.html). A backup is sound when it is good and not verified as bad.
 * These hold under all rules:
 *
 * - Without rules, or without a sound backup, nothing is removed.
 * - The newest good backup and the newest verified backup stay.
 * - A backup that claims to be made later than now stays, and takes the place of no other: a clock was wrong, and its age
 *   is not known.
 * - The backup of this run stays, and so does the sound backup that was recorded last: after a clock was set back, it is
 *   not the newest by its time.
 * - Failed backups, and those verified as bad, take the place of no sound one: the rules choose among the sound ones
 *   alone. They stay as long as the rules would keep them if they were sound, since the doubt may be wrong.
 */
export function decide(candidates: readonly Candidate[], rules: RetentionRules, { now, justMade }: Moment): Verdicts {
  const newestFirst = candidates.toSorted(
    (a, b) => b.startedAt.getTime() - a.startedAt.getTime() || b.backupId - a.backupId,
  );
  const isSound = ({ isGood, isVerified }: Candidate) => isGood && isVerified !== false;
  const dated = newestFirst.filter(({ startedAt }) => !isAhead(startedAt, now));
  const sound = dated.filter((candidate) => isSound(candidate));
  const verdicts = new Map<number, string[]>(newestFirst.map(({ backupId }) => [backupId, []]));
  const keep = (candidate: Candidate | undefined, reason: string) =>
    candidate === undefined ? undefined : verdicts.get(candidate.backupId)?.push(reason);

  if (!hasRules(rules) || sound.length === 0) {
    newestFirst.forEach((candidate) => keep(candidate, hasRules(rules) ? 'no sound backup' : 'no rules'));
    return verdicts;
  }
  for (const [candidate, reason] of keptBy(rules, sound)) keep(candidate, reason);
  for (const [candidate, reason] of keptBy(rules, dated)) {
    if (!isSound(candidate)) keep(candidate, `${reason}, though ${candidate.isGood ? 'verified as bad' : 'it failed'}`);
  }
  keep(
    dated.find(({ isGood }) => isGood),
    'newest good',
  );
  keep(
    sound.find(({ isVerified }) => isVerified === true),
    'newest verified',
  );
  for (const candidate of newestFirst) {
    if (isAhead(candidate.startedAt, now)) keep(candidate, `its time is in the future (${dayOf(candidate.startedAt)})`);
  }
  const keepAnyway = (candidate: Candidate | undefined, reason: string) => {
    if (candidate !== undefined && verdicts.get(candidate.backupId)?.length === 0) keep(candidate, reason);
  };
  keepAnyway(
    sound.reduce<Candidate | undefined>((last, one) => ((last?.backupId ?? 0) > one.backupId ? last : one), undefined),
    'recorded last',
  );
  keepAnyway(
    newestFirst.find(({ backupId }) => backupId === justMade),
    'just made',
  );
  return verdicts;
}

const pad = (number: number) => String(number).padStart(2, '0');
const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** ISO 8601: a week belongs to the year that its Thursday is in. */
function weekOf(at: Date): string {
  const thursday = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return `${thursday.getUTCFullYear()}-W${pad(Math.ceil(((thursday.getTime() - firstDay) / 86_400_000 + 1) / 7))}`;
}

const PERIODS = [
  { rule: 'keepHourly', name: 'hourly', of: (at: Date) => at.toISOString().slice(0, 13) },
  { rule: 'keepDaily', name: 'daily', of: dayOf },
  { rule: 'keepWeekly', name: 'weekly', of: weekOf },
  { rule: 'keepMonthly', name: 'monthly', of: (at: Date) => dayOf(at).slice(0, 7) },
  { rule: 'keepYearly', name: 'yearly', of: (at: Date) => dayOf(at).slice(0, 4) },
] as const;

function* keptBy(rules: RetentionRules, newestFirst: readonly Candidate[]): Generator<[Candidate, string]> {
  for (const candidate of newestFirst.slice(0, rules.keepLast ?? 0)) yield [candidate, 'last'];
  for (const { rule, name, of } of PERIODS) {
    let left = rules[rule] ?? 0;
    let period: string | undefined;
    for (const candidate of newestFirst) {
      if (left === 0) break;
      const isOldest = candidate === newestFirst.at(-1);
      const next = of(candidate.startedAt);
      // While a rule has places left, the oldest backup keeps one, as in restic and borg.
      if (next === period && !isOldest) continue;
      yield [candidate, next === period ? `oldest ${name}` : name];
      period = next;
      left -= 1;
    }
  }
  const [newest] = newestFirst;
  if (rules.keepWithin === undefined || newest === undefined) return;
  // Count back from the newest backup, not from now: when no new backups are made, none is removed.
  const since = before(newest.startedAt, parsePeriod(rules.keepWithin)).getTime();
  for (const candidate of newestFirst) {
    if (candidate.startedAt.getTime() >= since) yield [candidate, `within ${rules.keepWithin}`];
  }
}
