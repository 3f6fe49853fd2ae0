import { isAhead } from '../core/doubtful-times.ts';
import { before, hasRules, parsePeriod, type RetentionRules } from '../server/retention-rules.ts';

/** A backup that storage holds, as far as the rules look at it. */
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
  /** The backup that this run has made, where it is a run that prunes. */
  justMade?: number | undefined;
}

/** Why a backup is kept; with no reason it is to be removed. */
export type Verdicts = ReadonlyMap<number, readonly string[]>;

/**
 * Which backups of a server to keep, with restic's meaning of the rules
 * (https://restic.readthedocs.io/en/stable/060_forget.html). Beyond them nothing can make it that
 *
 * - anything is removed where there are no rules, or no sound backup (good, and not verified as bad);
 * - the newest good backup, or the newest verified one, is removed;
 * - what was made, as it says, later than now is removed, or takes the place of another: a clock was wrong, so that
 *   nothing is known of its age;
 * - the backup that this very run has made is removed, or the sound one that was recorded last: where the clock was set
 *   back, that is not the newest by its time;
 * - a failed backup, or one verified as bad, takes the place of a sound one: the sound ones are chosen as if there were
 *   no others. A doubtful one stays as long as the rules would keep it if it were sound, since the doubt may be wrong.
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
    if (isAhead(candidate.startedAt, now))
      keep(candidate, `says it was made later than now, ${dayOf(candidate.startedAt)}`);
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
      // Where the rule is not used up, the oldest stays until it is, as in restic and borg.
      if (next === period && !isOldest) continue;
      yield [candidate, next === period ? `oldest ${name}` : name];
      period = next;
      left -= 1;
    }
  }
  const [newest] = newestFirst;
  if (rules.keepWithin === undefined || newest === undefined) return;
  // Before the newest backup and not before now: where no new ones are made, none is removed.
  const since = before(newest.startedAt, parsePeriod(rules.keepWithin)).getTime();
  for (const candidate of newestFirst) {
    if (candidate.startedAt.getTime() >= since) yield [candidate, `within ${rules.keepWithin}`];
  }
}
