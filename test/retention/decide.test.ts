import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isAhead } from '../../src/core/doubtful-times.ts';
import { decide, type Candidate, type Moment } from '../../src/retention/decide.ts';
import { before, hasRules, parsePeriod, type RetentionRules } from '../../src/server/retention-rules.ts';
import { parseServerInput } from '../../src/server/server-form.ts';

const HISTORIES = { numRuns: 3000 };
const START = Date.UTC(2023, 0, 1);
/** In the middle of the histories: what was made after it is ahead. */
const NOW = new Date(Date.UTC(2025, 5, 1));
const AFTER_ALL = new Date(Date.UTC(2027, 0, 1));

const candidates = fc
  .array(
    fc.record({
      // Minutes in three and a half years; some of them on the same day, some at the same minute.
      minute: fc.oneof(fc.nat(1_840_000), fc.nat(3000), fc.constant(77)),
      isGood: fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, { arbitrary: fc.constant(false), weight: 1 }),
      isVerified: fc.constantFrom(undefined, undefined, true, false),
    }),
    { maxLength: 60 },
  )
  .map((backups) =>
    backups.map(({ minute, ...rest }, index): Candidate => ({
      ...rest,
      backupId: index + 1,
      startedAt: new Date(START + minute * 60_000),
    })),
  );
const count = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 2 });
const rules: fc.Arbitrary<RetentionRules> = fc.record({
  keepLast: count,
  keepHourly: count,
  keepDaily: count,
  keepWeekly: count,
  keepMonthly: count,
  keepYearly: count,
  keepWithin: fc.constantFrom(undefined, undefined, '36h', '10d', '3w', '2m', '1y1m'),
});

const kept = (history: readonly Candidate[], by: RetentionRules, moment: Moment = { now: AFTER_ALL }) =>
  new Set([...decide(history, by, moment)].filter(([, reasons]) => reasons.length > 0).map(([id]) => id));

const isSound = ({ isGood, isVerified }: Candidate) => isGood && isVerified !== false;
const newestFirst = (history: readonly Candidate[]) =>
  history.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || b.backupId - a.backupId);

/** The rules read as plainly as can be: group by period, take the newest of each, take the newest periods. */
function plainly(history: readonly Candidate[], by: RetentionRules): Set<number> {
  const sorted = newestFirst(history);
  const keep = new Set(sorted.slice(0, by.keepLast ?? 0).map(({ backupId }) => backupId));
  const periods: [number | undefined, (at: Date) => string | number][] = [
    [by.keepHourly, (at) => Math.floor(at.getTime() / 3_600_000)],
    [by.keepDaily, (at) => Math.floor(at.getTime() / 86_400_000)],
    // 5 January 1970 was a Monday.
    [by.keepWeekly, (at) => Math.floor((at.getTime() / 86_400_000 - 4) / 7)],
    [by.keepMonthly, (at) => `${at.getUTCFullYear()} ${at.getUTCMonth()}`],
    [by.keepYearly, (at) => at.getUTCFullYear()],
  ];
  for (const [wanted, periodOf] of periods) {
    if (wanted === undefined) continue;
    const groups = groupBy(sorted, periodOf);
    const newest = [...groups.values()].flatMap((group) => group[0]?.backupId ?? []);
    newest.slice(0, wanted).forEach((id) => keep.add(id));
    const oldest = sorted.at(-1);
    if (newest.length < wanted && oldest !== undefined) keep.add(oldest.backupId);
  }
  if (by.keepWithin !== undefined) {
    const [newest] = sorted;
    const since = before(newest?.startedAt ?? new Date(), parsePeriod(by.keepWithin));
    sorted.filter(({ startedAt }) => startedAt >= since).forEach(({ backupId }) => keep.add(backupId));
  }
  return keep;
}

function groupBy(sorted: readonly Candidate[], periodOf: (at: Date) => string | number): Map<unknown, Candidate[]> {
  const groups = new Map<unknown, Candidate[]>();
  for (const one of sorted) {
    const period = periodOf(one.startedAt);
    groups.set(period, [...(groups.get(period) ?? []), one]);
  }
  return groups;
}

describe('over thousands of histories', () => {
  test('the rules keep what a plain reading of them keeps, and the newest', () => {
    fc.assert(
      fc.property(candidates, rules, (history, by) => {
        const sound = history.filter((one) => isSound(one));
        fc.pre(hasRules(by) && sound.length > 0);
        const expected = plainly(sound, by);
        const all = plainly(history, by);
        for (const one of history) if (!isSound(one) && all.has(one.backupId)) expected.add(one.backupId);
        const newest = [
          newestFirst(history).find(({ isGood }) => isGood),
          newestFirst(sound).find(({ isVerified }) => isVerified === true),
          sound.toSorted((a, b) => a.backupId - b.backupId).at(-1),
        ];
        for (const one of newest) if (one !== undefined) expected.add(one.backupId);
        expect(kept(history, by)).toEqual(expected);
      }),
      HISTORIES,
    );
  });

  test('nothing is removed without rules, or where nothing is sound', () => {
    fc.assert(
      fc.property(candidates, rules, (history, by) => {
        expect(kept(history, {}).size).toBe(history.length);
        const unsound = history.filter((one) => !isSound(one));
        expect(kept(unsound, by).size).toBe(unsound.length);
      }),
      HISTORIES,
    );
  });

  test('failed and bad ones push nothing out, whenever they come', () => {
    fc.assert(
      fc.property(candidates, rules, (history, by) => {
        const sound = history.filter((one) => isSound(one));
        const without = kept(sound, by);
        const withThem = kept(history, by);
        expect([...without].filter((id) => !withThem.has(id))).toEqual([]);
      }),
      HISTORIES,
    );
  });

  test('what was pruned once is not pruned further by the same rules', () => {
    fc.assert(
      fc.property(candidates, rules, (history, by) => {
        const first = kept(history, by);
        const rest = history.filter(({ backupId }) => first.has(backupId));
        expect(kept(rest, by)).toEqual(first);
      }),
      HISTORIES,
    );
  });

  test('what lies ahead of now is kept and changes nothing for the others {clock@prune}', () => {
    fc.assert(
      fc.property(candidates, rules, (history, by) => {
        const ahead = history.filter(({ startedAt }) => isAhead(startedAt, NOW));
        const dated = history.filter((one) => !ahead.includes(one));
        const verdicts = decide(history, by, { now: NOW });
        for (const { backupId } of ahead) {
          expect(verdicts.get(backupId)?.join()).toMatch(/its time is in the future|no rules|no sound backup/);
        }
        const withThem = kept(history, by, { now: NOW });
        const without = kept(dated, by, { now: NOW });
        expect(dated.filter(({ backupId }) => withThem.has(backupId) !== without.has(backupId))).toEqual([]);
      }),
      HISTORIES,
    );
  });

  test('the newest good one that is not ahead stays, the last one recorded, and what this run has made {clock@prune}', () => {
    fc.assert(
      fc.property(candidates, rules, fc.nat(60), fc.constantFrom(NOW, AFTER_ALL), (history, by, made, now) => {
        const keep = kept(history, by, { now, justMade: made });
        const dated = history.filter(({ startedAt }) => !isAhead(startedAt, now));
        const mustStay = [
          newestFirst(dated).find(({ isGood }) => isGood)?.backupId,
          dated.findLast((one) => isSound(one))?.backupId,
          history.find(({ backupId }) => backupId === made)?.backupId,
        ];
        expect(mustStay.filter((id) => id !== undefined && !keep.has(id))).toEqual([]);
      }),
      HISTORIES,
    );
  });

  test('another rule, or a larger number, removes nothing more', () => {
    fc.assert(
      fc.property(candidates, rules, fc.integer({ min: 1, max: 20 }), (history, by, last) => {
        fc.pre(hasRules(by));
        const more = kept(history, { ...by, keepLast: Math.max(by.keepLast ?? 0, last) });
        expect([...kept(history, by)].filter((id) => !more.has(id))).toEqual([]);
      }),
      HISTORIES,
    );
  });
});

test('the reasons are told', () => {
  const at = (text: string, more: Partial<Candidate> = {}): Candidate => ({
    backupId: Number(text.slice(8, 10)),
    startedAt: new Date(`${text}:00Z`),
    isGood: true,
    isVerified: undefined,
    ...more,
  });
  const history = [
    at('2026-11-30T03:00', { isVerified: false }),
    at('2026-11-29T03:00'),
    at('2026-11-28T03:00', { isVerified: true }),
    at('2026-11-20T03:00'),
    at('2026-11-19T03:00'),
  ];
  expect(Object.fromEntries(decide(history, { keepDaily: 2, keepWeekly: 9 }, { now: AFTER_ALL }))).toEqual({
    30: ['daily, though verified as bad', 'weekly, though verified as bad', 'newest good'],
    29: ['daily', 'weekly'],
    28: ['daily', 'newest verified'],
    20: ['weekly'],
    19: ['oldest weekly'],
  });
});

test('within 36 hours is also what is exactly as old, and not a minute more', () => {
  const at = (backupId: number, instant: string): Candidate => ({
    backupId,
    startedAt: new Date(instant),
    isGood: true,
    isVerified: undefined,
  });
  const history = [at(3, '2026-11-24T12:00:00Z'), at(2, '2026-11-23T00:00:00Z'), at(1, '2026-11-22T23:59:00Z')];
  expect([...kept(history, { keepWithin: '36h' })]).toEqual([3, 2]);
});

test.each([
  ['2026-03-31T12:00:00Z', '1m', '2026-02-28T12:00:00Z'],
  ['2024-02-29T00:00:00Z', '1y', '2023-02-28T00:00:00Z'],
  ['2026-01-15T00:00:00Z', '1y2m3w4d5h', '2024-10-20T19:00:00Z'],
  ['2026-01-15T00:00:00Z', '48h', '2026-01-13T00:00:00Z'],
])('before %s by %s is %s', (instant, period, expected) => {
  expect(before(new Date(instant), parsePeriod(period))).toEqual(new Date(expected));
});

test('what cannot be meant is refused, and 0 takes a rule away', () => {
  for (const text of ['', '0d', '5', 'd', '3 d', '-1d', '1d2', '1s'])
    expect(() => parsePeriod(text)).toThrow(/the period must be/);
  expect(() => parseServerInput({ keepDaily: 1.5 })).toThrow(/--keep-daily is 1.5/);
  expect(() => parseServerInput({ keepLast: -1 })).toThrow(/--keep-last is -1/);
  expect(parseServerInput({ keepDaily: 0, keepWithin: '', keepLast: 3 })).toEqual({ keepLast: 3 });
});
