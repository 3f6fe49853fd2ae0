import { describe, expect, test } from '@jest/globals';
import { mayRepeat, nearest } from '../../src/core/nearest.ts';

const COMMANDS = [
  'add',
  'edit',
  'del',
  'list',
  'logs',
  'run',
  'status',
  'backups',
  'restore',
  'verify',
  'catalog export',
];

describe('the nearest word', () => {
  test.each([
    ['stauts', 'status'],
    ['statsu', 'status'],
    ['lsit', 'list'],
    ['restroe', 'restore'],
    ['RESTORE', 'restore'],
    ['backup', 'backups'],
    ['rest', 'restore'],
    ['ad', 'add'],
    ['verfiy', 'verify'],
    ['catalog exprot', 'catalog export'],
  ])('to %s is %s', (typed, meant) => expect(nearest(typed, COMMANDS)).toBe(meant));

  test.each(['', 'x', 'frobnicate', 'statistics-of-all'])('to "%s" is none', (typed) =>
    expect(nearest(typed, COMMANDS)).toBeUndefined(),
  );

  test('is none where several begin like this', () =>
    expect(nearest('abcd', ['abcdefghij', 'abcdklmnop'])).toBeUndefined());
});

test.each([
  ['shop', true],
  ['Shop two', true],
  ['größe.1', true],
  ['postgresql://u:p@h/x', false],
  ['host=h', false],
  ['a/b', false],
  ['--flag', false],
  ['x'.repeat(41), false],
  ['', false],
  ['a\u001Bb', false],
])('whether %j may be repeated: %s', (typed, may) => expect(mayRepeat(typed)).toBe(may));
