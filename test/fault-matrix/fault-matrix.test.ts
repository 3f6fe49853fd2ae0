import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cellsOf, keptCells, PAGE, readAllTests, writePage } from './page.ts';

const LEAST_PAIRS = 120;
const LEAST_KILLS = 12;

const tests = readAllTests();
const shown = cellsOf(tests);

test('every pair of fault and phase that was shown once is shown still', () => {
  expect(keptCells().filter((cell) => !shown.includes(cell))).toEqual([]);
});

test('enough pairs are shown, and a kill in enough phases', () => {
  expect(shown.length).toBeGreaterThanOrEqual(LEAST_PAIRS);
  expect(shown.filter((cell) => cell.startsWith('kill@')).length).toBeGreaterThanOrEqual(LEAST_KILLS);
});

test('the page is what the tests say: npm run matrix writes it', async () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(await writePage(tests, keptCells()));
});
