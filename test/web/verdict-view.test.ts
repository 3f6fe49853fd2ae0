import { expect, test } from '@jest/globals';
import type { Level } from '../../src/core/backup-record.ts';
import { verdictAmong } from '../../src/web/verdict-view.ts';

/** `restore`, or `-restore` for one that found the backup bad; newest first. */
const verdictOf = (...kinds: string[]) => {
  const all = kinds.map((kind, index) => ({
    backupId: 1,
    verifiedAt: new Date(-index),
    level: kind.replace('-', '') as Level,
    isGood: !kind.startsWith('-'),
    message: '',
  }));
  const verdict = verdictAmong(all);
  return verdict === undefined ? undefined : all.indexOf(verdict);
};

test.each([
  [[], undefined],
  [['archive', 'restore'], 1],
  [['restore', 'archive', 'restore'], 0],
  [['archive', 'archive'], 0],
  [['-archive', 'restore'], 0],
  [['archive', '-archive', 'restore'], 0],
  [['archive', 'restore', '-restore'], 1],
])('of %j the one that says most is shown: %j', (kinds, expected) => {
  expect(verdictOf(...kinds)).toBe(expected);
});
