import { describe, expect, test } from '@jest/globals';
import { dueByAge, isDue, nextDue } from '../../src/backup/due.ts';

const lastSuccessRun = new Date('2026-11-23T03:00:00Z');
const after = (minutes: number) => new Date(lastSuccessRun.getTime() + minutes * 60_000);

describe('a server', () => {
  test('that was never backed up is due at once', () => {
    expect(isDue({ frequencyHours: 24 }, new Date())).toBe(true);
    expect(nextDue({ frequencyHours: 24 }, new Date())).toBeUndefined();
  });

  test.each([
    [0, false],
    [54, false],
    [55, true],
    [59, true],
    [60, true],
    [600, true],
  ])('with a frequency of one hour, %i minutes after its last good run, is due: %s', (minutes, due) => {
    expect(isDue({ frequencyHours: 1, lastSuccessRun }, after(minutes))).toBe(due);
  });

  test('started by an hourly cron a second early every time is backed up every hour', () => {
    let last = lastSuccessRun;
    for (let hour = 1; hour <= 48; hour += 1) {
      const now = new Date(lastSuccessRun.getTime() + hour * 3_599_000);
      expect(isDue({ frequencyHours: 1, lastSuccessRun: last }, now)).toBe(true);
      last = now;
    }
  });

  test('whose last good run lies in the future, since the clock was set back, is due at once {clock@record}', () => {
    const now = after(-600);
    expect(isDue({ frequencyHours: 24, lastSuccessRun }, now)).toBe(true);
    expect(nextDue({ frequencyHours: 24, lastSuccessRun }, now)).toBeUndefined();
    // Two clocks are never quite the same.
    expect(isDue({ frequencyHours: 24, lastSuccessRun }, after(-9))).toBe(false);
  });

  test('whose last attempt failed is due at once, however young its last good backup is', () => {
    const server = { frequencyHours: 24, lastSuccessRun };
    expect(isDue({ ...server, lastResult: 'failed' }, after(1))).toBe(true);
    expect(nextDue({ ...server, lastResult: 'failed' }, after(1))).toBeUndefined();
    expect(dueByAge(server, after(1))).toEqual(after(24 * 60));
    expect(isDue({ ...server, lastResult: 'success' }, after(1))).toBe(false);
  });
});
