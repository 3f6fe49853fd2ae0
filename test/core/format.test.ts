import { describe, expect, test } from '@jest/globals';
import { formatAgo, formatBytes, formatDuration, formatShare } from '../../src/core/format.ts';

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
  [9_000_000, 8_600_000, '100 % of 8.6 MB'],
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
