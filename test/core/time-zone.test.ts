import { describe, expect, test } from '@jest/globals';
import { parseTypedTime } from '../../src/core/time-zone.ts';
import { inZone } from '../support/in-zone.ts';

const NOW = new Date('2026-11-26T17:55:30Z');

describe('a typed time', () => {
  const LOCAL = [
    ['2026-11-26', '2026-11-25T23:00:00.000Z', '2026-11-25T23:00:00.000Z'],
    ['2026-11-26 00:00', '2026-11-25T23:00:00.000Z', '2026-11-25T23:00:59.999Z'],
    ['2026-07-26T17:55', '2026-07-26T15:55:00.000Z', '2026-07-26T15:55:59.999Z'],
    ['2026-11-26 7:05', '2026-11-26T06:05:00.000Z', '2026-11-26T06:05:59.999Z'],
    ['20261126T165507Z', '2026-11-26T16:55:07.000Z', '2026-11-26T16:55:07.999Z'],
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
      const read = (text) => Object.values(parseTypedTime(text, 'local', new Date(0))).slice(0, 2);
      console.log(JSON.stringify(${JSON.stringify(LOCAL)}.map(([text]) => [text, ...read(text)])));`;
    expect(inZone('Europe/Berlin', script)).toEqual(LOCAL);
  });

  test.each([
    ['2026-11-26', '2026-11-26T00:00:00.000Z'],
    ['2026-11-26 17:55', '2026-11-26T17:55:00.000Z'],
    ['2026-11-26 17:55 +01:00', '2026-11-26T16:55:00.000Z'],
  ])('%s is %s with --utc', (text, from) => {
    expect(parseTypedTime(text, 'utc', NOW)?.from.toISOString()).toBe(from);
  });

  // In Berlin, half an hour after the midnight in whose day the clocks go back.
  const NEAR = [
    ['today', '2026-10-24T22:00:00.000Z'],
    ['Yesterday', '2026-10-23T22:00:00.000Z'],
    ['yesterday 10:08', '2026-10-24T08:08:00.000Z'],
    ['yesterday 10:08 UTC', '2026-10-23T10:08:00.000Z'],
    ['today 00:10', '2026-10-24T22:10:00.000Z'],
    ['today 9:05', '2026-10-25T08:05:00.000Z'],
    ['00:10', '2026-10-24T22:10:00.000Z'],
    ['0:30:00', '2026-10-24T22:30:00.000Z'],
    ['00:31', '2026-10-23T22:31:00.000Z'],
    ['10:08', '2026-10-24T08:08:00.000Z'],
    ['22:29Z', '2026-10-24T22:29:00.000Z'],
    ['22:31Z', '2026-10-23T22:31:00.000Z'],
  ];
  test('of a near day is the last that a clock showed', () => {
    const script = `import { parseTypedTime } from './src/core/time-zone.ts';
      const read = (text) => parseTypedTime(text, 'local', new Date('2026-10-24T22:30:00Z')).from;
      console.log(JSON.stringify(${JSON.stringify(NEAR)}.map(([text]) => [text, read(text)])));`;
    expect(inZone('Europe/Berlin', script)).toEqual(NEAR);
  });

  test.each([
    ['17:55', '2026-11-26T17:55:00.000Z'],
    ['17:56', '2026-11-25T17:56:00.000Z'],
    ['yesterday', '2026-11-25T00:00:00.000Z'],
    ['today 17:56', '2026-11-26T17:56:00.000Z'],
  ])('%s is %s with --utc', (text, from) => {
    expect(parseTypedTime(text, 'utc', NOW)?.from.toISOString()).toBe(from);
  });

  test.each([
    'yesterdy',
    'yesterday 17:55 +01:00',
    'yesterday 25:00',
    'yesterday17:55',
    'tomorrow',
    '17:60',
    '20261126T165507',
    '20260230T165507Z',
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
    expect(parseTypedTime(text, 'local', NOW)).toBeUndefined();
  });
});
