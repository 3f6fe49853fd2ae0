import { describe, expect, test } from '@jest/globals';
import { readTests } from './read-tests.ts';

const read = (source: string) => readTests('a.test.ts', source).map(({ title, cells }) => `${title} ${cells.join()}`);

describe('a tag is found', () => {
  test.each([
    ['at the end of a title', "test('it ends {kill@dump}', f)", ['it ends kill@dump']],
    ['of several cells', "test('it ends {kill@dump, stop@load}', f)", ['it ends kill@dump,stop@load']],
    ['below what it stands in', "describe('a run', () => { test('ends {kill@dump}', f) })", ['a run ends kill@dump']],
    ['in the title of a group', "describe('a run {kill@dump}', () => { test('ends', f) })", ['a run ends kill@dump']],
    ['in a title in pieces', "test('it ' + 'ends {kill@' + 'dump}', f)", ['it ends kill@dump']],
    ['in a template', 'test(`it ends ${x} {kill@dump}`, f)', ['it ends … kill@dump']],
    ['in a title with a table', "test.each(['a', 'b'])('%s ends {kill@dump}', f)", ['a / b ends kill@dump']],
    [
      'in the rows of a table',
      "test.each([['a {kill@dump}', 1], ['b', 2], ['c {stop@load}', 3]])('it ends %s', f)",
      ['it ends a kill@dump', 'it ends c stop@load'],
    ],
    ['in a row that is an object', "test.each([{ name: 'a {kill@dump}' }])('$name ends', f)", ['a ends kill@dump']],
    [
      'in a constant, and in what is spread into it',
      "const A = ['a {kill@dump}'] as const; const B: string[] = [...A, 'b']; test.each(B)('%s', f)",
      ['a kill@dump'],
    ],
    [
      'in the rows of a group',
      "describe.each([['a {kill@dump}'], ['b']])('%s', () => { test('ends', f) })",
      ['a ends kill@dump'],
    ],
    ['where the machine can', "(CAN ? test : test.skip)('it ends {kill@dump}', f)", ['it ends kill@dump']],
    [
      'where a constant says what the machine can',
      "const ifRoot = CAN ? describe : describe.skip; ifRoot('as root', () => { test('ends {kill@dump}', f) })",
      ['as root ends kill@dump'],
    ],
  ])('%s', (_where, source, expected) => {
    expect(read(source)).toEqual(expected);
  });
});

describe('a tag is refused', () => {
  test.each([
    ['of an unknown kind', "\n\ntest('it ends {murder@dump}', f)", /a\.test\.ts:3: murder@dump names no kind/],
    ['of an unknown phase', "test('it ends {kill@lunch}', f)", /kill@lunch names no phase/],
    ['of a name that every object has', "test('it ends {constructor@dump}', f)", /names no kind/],
    ['in the middle', "test('it {kill@dump} ends', f)", /at the end of a title/],
    ['that is misspelt', "test('it ends {Kill@dump}', f)", /at the end of a title/],
    ['that is only known later', 'test(`it ends {kill@${phase}}`, f)', /at the end of a title/],
    ['beside another', "test('it {kill@dump} {kill@load}', f)", /two tags/],
    ['without words', "test('{kill@dump}', f)", /without words/],
    ['of a test that is left out', "test.skip('it ends {kill@dump}', f)", /no test that runs/],
    ['in a group that is left out', "describe.skip('a', () => { test('b {kill@dump}', f) })", /no test that runs/],
    ['of a test that has to fail', "test.failing('it ends {kill@dump}', f)", /no test that runs/],
    ['of a test that is not there', "const title = 'it ends {kill@dump}';", /no test that runs/],
    ['in a table that is computed', "test.each(['a {kill@dump}'].map(g))('%s', f)", /no test that runs/],
    ['in a table that comes from elsewhere', "export const ROWS = ['a {kill@dump}'];", /no test that runs/],
  ])('%s', (_where, source, error) => {
    expect(() => read(source)).toThrow(error);
  });
});

test('what is commented out is no test', () => {
  expect(read("// test('it ends {kill@dump}', f)\n/* test('b {kill@load}', f) */")).toEqual([]);
});
