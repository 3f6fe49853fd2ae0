import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { growingPartBytes, partsOf, type Part } from '../../src/storage/streaming/parts.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { growingFile } from './growing-file.ts';

const MINIMUM = 20_000;
const never = new AbortController().signal;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** The parts of a file, each asked for when the file has grown to so many bytes, and those after it is whole. */
async function partsWhile(grownTo: readonly number[], wholeBytes: number) {
  const archive = growingFile(folder.at('archive.7z'), randomBytes(wholeBytes));
  let known: readonly Part[] = [];
  const parts = partsOf(archive.file, MINIMUM, never, (planned) => (known = planned));
  const sizes: [number, number][] = [];
  const take = async () => {
    const { value, done = false } = await parts.next();
    if (value !== undefined) sizes.push([value.number, value.sizeBytes]);
    return !done;
  };
  for (const bytes of grownTo) {
    archive.write(bytes);
    await take();
  }
  const knownBefore = known.length;
  archive.finish();
  while (await take());
  return { sizes, known, knownBefore };
}

describe('a part', () => {
  test('is all that is there, where the rest would be too little for another', async () => {
    const { sizes } = await partsWhile([41_000, 73_000], 80_000);
    expect(sizes).toEqual([
      [2, 21_000],
      [3, 32_000],
      [4, 7000],
      [1, 20_000],
    ]);
  });

  test('is a small one of many, where more is there than can be sent', async () => {
    const { sizes } = await partsWhile([140_000], 151_000);
    expect(sizes.slice(0, 3)).toEqual([
      [2, 20_200],
      [3, 20_400],
      [4, 20_600],
    ]);
    expect(sizes.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(151_000);
  });

  test('is never empty, where the file ends with the part before', async () => {
    const { sizes, known } = await partsWhile([45_000], 45_000);
    expect(sizes).toEqual([
      [2, 25_000],
      [1, 20_000],
    ]);
    expect(known.map(({ sizeBytes }) => sizeBytes)).toEqual([20_000, 25_000]);
  });
});

test('the first part waits until the file was judged good, and the others do not', async () => {
  const archive = growingFile(folder.at('archive.7z'), randomBytes(80_000));
  const parts = partsOf(archive.file, MINIMUM, never, () => {});
  archive.writeAll();
  const numbers: unknown[] = [];
  for (const _part of [2, 3]) numbers.push((await parts.next()).value?.number);
  const last = parts.next();
  const nothingYet = new Promise((resolve) => setTimeout(resolve, 100, 'nothing yet'));
  expect(await Promise.race([last, nothingYet])).toBe('nothing yet');
  archive.judge();
  numbers.push((await last).value?.number);
  expect(numbers).toEqual([2, 3, 1]);
});

test('where all parts begin and end is told once it is settled, in their order', async () => {
  const { known, knownBefore } = await partsWhile([41_000, 63_000], 80_000);
  expect(knownBefore).toBe(0);
  expect(known.map(({ startByte, sizeBytes }) => [startByte, sizeBytes])).toEqual([
    [0, 20_000],
    [20_000, 21_000],
    [41_000, 22_000],
    [63_000, 17_000],
  ]);
});

test("parts grow so that 10,000 of them hold B2's 10 TB, none above 5 GB, the first of 5 MB", () => {
  const sizes = Array.from({ length: 10_000 }, (_part, index) => growingPartBytes(index + 1, 5_000_000));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(10e12);
  expect(Math.max(...sizes)).toBeLessThan(5e9);
  expect(sizes[0]).toBe(5_000_000);
});
