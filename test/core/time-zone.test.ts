import { describe, expect, test } from '@jest/globals';
import { parseTypedTime } from '../../src/core/time-zone.ts';
import { inZone } from '../support/in-zone.ts';

describe('a typed time', () => {
  const LOCAL = [
    ['2026-11-26', '2026-11-25T23:00:00.000Z', '2026-11-25T23:00:00.000Z'],
    ['2026-11-26 00:00', '2026-11-25T23:00:00.000Z', '2026-11-25T23:00:59.999Z'],
    ['2026-07-26T17:55', '2026-07-26T15:55:00.000Z', '2026-07-26T15:55:59.999Z'],
    ['2026-11-26 17:55:07', '2026-11-26T16:55:07.000Z', '2026-11-26T16:55:07.999Z'],
    ['2026-11-26 17:55 +01:00', '2026-11-26T16:55:00.000Z', '2026-11-26T16:55:59.999Z'],
    ['2026-11-26 16:55 UTC', '2026-11-26T16:55:00.000Z', '2026-11-26T16:55:59.999Z'],
    ['2026-11-26T16:55Z', '2026-11-26T16:55:00.000Z', '2026-11-26T16:55:59.999Z'],
    ['2026-11-26T12:55:07-0400', '2026-11-26T16:55:07.000Z', '2026-11-26T16:55:07.999Z'],
    ['2026-11-26T16:55:07.289Z', '2026-11-26T16:55:07.289Z', '2026-11-26T16:55:07.289Z'],
    // The night in which clocks go back has two o'clock twice, that in which they go forward not at all.
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z', '2026-10-25T00:30:59.999Z'],
    ['2026-03-29 02:30', '2026-03-29T01:30:00.000Z', '2026-03-29T01:30:59.999Z'],
  ];
  test('without an offset is local, and stands for all that is shown like it', () => {
    const script = `import { parseTypedTime } from './src/core/time-zone.ts';
      const read = (text) => Object.values(parseTypedTime(text, 'local'));
      console.log(JSON.stringify(${JSON.stringify(LOCAL)}.map(([text]) => [text, ...read(text)])));`;
    expect(inZone('Europe/Berlin', script)).toEqual(LOCAL);
  });

  test.each([
    ['2026-11-26', '2026-11-26T00:00:00.000Z'],
    ['2026-11-26 17:55', '2026-11-26T17:55:00.000Z'],
    ['2026-11-26 17:55 +01:00', '2026-11-26T16:55:00.000Z'],
  ])('%s is %s with --utc', (text, from) => {
    expect(parseTypedTime(text, 'utc')?.from.toISOString()).toBe(from);
  });

  test.each([
    'yesterday',
    '2026-11',
    '20261126',
    '2026-02-30',
    '2026-13-01',
    '2026-11-26 24:30',
    '2026-11-26 17',
    '2026-11-26 17:55 CET',
    '2026-11-26 17:55 +25:00',
    '',
  ])('%j is none', (text) => {
    expect(parseTypedTime(text, 'local')).toBeUndefined();
  });
});
