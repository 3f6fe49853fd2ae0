import { describe, expect, test } from '@jest/globals';
import { formatAgo, formatBytes, formatDue, formatDuration, formatShare } from '../../src/core/format.ts';
import { inZone } from '../support/in-zone.ts';

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [1_234_567_890, '1.2 GB'],
    [5_000_000_000_000_000, '5000.0 TB'],
  ])('%i bytes read %s', (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });
});

test.each([
  [0, 8_600_000, '0 % of 8.6 MB'],
  [8_599_999, 8_600_000, '99 % of 8.6 MB'],
  [9_000_000, 8_600_000, '99 % of 8.6 MB'],
  [0, 0, '0 % of 0 B'],
])('%i bytes of %i read %s', (bytes, totalBytes, text) => {
  expect(formatShare(bytes, totalBytes)).toBe(text);
});

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [59_499, '59 s'],
    [59_600, '1 min 0 s'],
    [3_599_000, '59 min 59 s'],
    [7_500_000, '2 h 5 min'],
    [-1, '(clock?)'],
  ])('%i ms read %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe('relative times', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  test.each([
    [0, 'just now'],
    [59, 'just now'],
    [60, '1 minute ago'],
    [7199, '1 hour ago'],
    [7200, '2 hours ago'],
    [172_800, '2 days ago'],
    [-300, 'in 5 minutes'],
    [-3600, 'in 1 hour (clock?)'],
  ])('%i seconds before now reads %s', (seconds, text) => {
    expect(formatAgo(new Date(now.getTime() - seconds * 1000), now)).toBe(text);
  });
});

describe('instants', () => {
  test.each([
    ['Asia/Kolkata', '2026-11-23 17:45 +05:30'],
    ['America/St_Johns', '2026-11-23 08:45 -03:30'],
    ['Europe/Berlin', '2026-11-23 13:15 +01:00'],
  ])('in %s read %s', (zone, text) => {
    const script = `import { formatInstant } from './src/core/format.ts';
      const instant = new Date('2026-11-23T12:15:59.999Z');
      console.log(JSON.stringify([formatInstant(instant, { zone: 'local' }), formatInstant(instant)]));`;
    expect(inZone(zone, script)).toEqual([text, '2026-11-23 12:15 UTC']);
  });

  const DUES = [
    ['2026-11-23T12:00:00Z', 'now'],
    ['2026-11-23T12:00:01Z', 'in 1 min (today 13:00)'],
    ['2026-11-23T23:30:00Z', 'in 12 h (tomorrow 00:30)'],
    ['2026-11-24T15:55:30Z', 'in 28 h (tomorrow 16:55)'],
    ['2026-11-25T11:00:00Z', 'in 47 h (2026-11-25 12:00 +01:00)'],
    ['2026-11-26T12:00:00Z', 'in 3 days (2026-11-26 13:00 +01:00)'],
  ];
  test('that are due tell how long that is, and when', () => {
    const script = `import { formatDue } from './src/core/format.ts';
      const due = (at) => formatDue(new Date(at), new Date('2026-11-23T12:00:00Z'), { zone: 'local' });
      console.log(JSON.stringify(${JSON.stringify(DUES)}.map(([at]) => [at, due(at)])));`;
    expect(inZone('Europe/Berlin', script)).toEqual(DUES);
  });

  test('that are due read in UTC where nobody sits', () => {
    const now = new Date('2026-11-23T12:00:00Z');
    expect(formatDue(new Date('2026-11-24T11:00:00Z'), now)).toBe('in 23 h (tomorrow 11:00 UTC)');
  });
});
