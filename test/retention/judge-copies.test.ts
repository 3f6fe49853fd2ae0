import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decide } from '../../src/retention/decide.ts';
import { judgeCopies, type ListedCopy } from '../../src/retention/judge-copies.ts';
import type { RetentionRules } from '../../src/server/retention-rules.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const PLACES = ['file:/a', 'file:/b', 'b2:c'];

/** A copy of backup N, made N days after a day in May, in one of the places. */
function copy(rootId: number, place: number, changes: Partial<ListedCopy> = {}): ListedCopy {
  const startedAt = new Date(Date.UTC(2026, 4, rootId, 3));
  const of = { place: PLACES[place] ?? '', startedAt, isGood: true, isVerified: undefined, kept: undefined };
  return { backupId: rootId * 10 + place, rootId, ...of, ...changes };
}

function judged(copies: readonly ListedCopy[], rules: readonly (RetentionRules | undefined)[]) {
  const places = rules.map((one, index) => ({
    place: PLACES[index] ?? '',
    ruled: one === undefined ? undefined : { rules: one, owner: index === 0 ? 'nas' : undefined },
  }));
  const reasonsFor = judgeCopies(copies, places, { now: NOW, justMade: undefined });
  return (rootId: number, place: number) => reasonsFor(rootId * 10 + place);
}

const short: RetentionRules = { keepLast: 1 };
const long: RetentionRules = { keepDaily: 3 };

test('each place has its own rules, and the last copy stays where those of another would keep it', () => {
  const both = [1, 2, 3, 4].flatMap((id) => [copy(id, 0), copy(id, 1)]);
  const all = judged(both, [short, long]);
  expect([1, 2, 3, 4].map((id) => all(id, 0).length > 0)).toEqual([false, false, false, true]);
  expect([1, 2, 3, 4].map((id) => all(id, 1).length > 0)).toEqual([false, true, true, true]);

  const lost = judged(
    both.filter(({ backupId }) => backupId !== 21 && backupId !== 11),
    [short, long],
  );
  expect(lost(2, 0)).toEqual(['no other good copy is known, and by the rules of file:/b it should be there (daily)']);
  // No rule of any place keeps the oldest one.
  expect(lost(1, 0)).toEqual([]);
  expect(lost(3, 0)).toEqual([]);

  const bad = judged(
    both.map((one) => (one.backupId === 31 ? { ...one, isVerified: false } : one)),
    [short, long],
  );
  expect(bad(3, 0)).toHaveLength(1);
});

test('a place without rules, or whose rules cannot be read, is one that keeps all', () => {
  for (const unruled of [{}, undefined]) {
    const reasons = judged([copy(1, 0), copy(2, 0), copy(2, 1)], [short, unruled]);
    expect(reasons(1, 0)).toEqual(['no other good copy is known, and no rules apply in file:/b']);
    expect(judged([copy(1, 0), copy(1, 1), copy(2, 0)], [short, unruled])(1, 0)).toEqual([]);
  }
});

test('over thousands of histories, what any place would keep of all backups stays somewhere, and equal rules keep no more', () => {
  const count = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  const rules = fc.record({ keepLast: count, keepDaily: count, keepWeekly: count, keepMonthly: count });
  const copies = fc
    .array(
      fc.record({ id: fc.integer({ min: 1, max: 31 }), place: fc.nat(2), isSound: fc.integer({ min: 0, max: 5 }) }),
      {
        maxLength: 40,
      },
    )
    .map((made) =>
      [...new Map(made.map((one) => [`${one.id} ${one.place}`, one])).values()].map(({ id, place, isSound }) =>
        copy(id, place, { isVerified: [false, true][isSound] }),
      ),
    );
  const property = fc.property(copies, fc.array(rules, { minLength: 3, maxLength: 3 }), (held, by) => {
    const reasons = judged(held, by);
    const roots = [...new Set(held.map(({ rootId }) => rootId))];
    const sound = (id: number) => held.filter((one) => one.rootId === id && one.isVerified !== false);
    const backups = roots.map((id) => ({
      ...copy(id, 0, { backupId: id }),
      isVerified: sound(id).some((one) => one.isVerified === true) ? true : sound(id).length > 0 ? undefined : false,
    }));
    const wanted = by.flatMap((one) =>
      [...decide(backups, one, { now: NOW })].flatMap(([id, why]) => (why.length > 0 ? [id] : [])),
    );
    const isLeft = (id: number) =>
      (sound(id).length === 0 ? held.filter((each) => each.rootId === id) : sound(id)).some(
        ({ place }) => reasons(id, PLACES.indexOf(place)).length > 0,
      );
    expect(wanted.filter((id) => !isLeft(id))).toEqual([]);

    const unverified = held.map((one) => ({ ...one, isVerified: undefined }));
    const [first = {}] = by;
    const same = judged(unverified, [first, first, first]);
    const verdicts = PLACES.map((here) => [
      ...decide(
        unverified.filter(({ place }) => place === here),
        first,
        { now: NOW },
      ),
    ]);
    expect(verdicts.map((each, index) => each.map(([id]) => [id, same((id - index) / 10, index)]))).toEqual(verdicts);
  });
  fc.assert(property, { numRuns: 500 });
});
