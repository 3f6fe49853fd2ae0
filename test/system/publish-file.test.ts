import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { publishFile } from '../../src/system/publish-file.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(folder.at('partial'), 'new');
});
afterEach(() => folder[Symbol.dispose]());

const nameOf = (attempt: number) => folder.at(`file-${attempt}`);

test('a finished file gets the first of its names that is free', async () => {
  writeFileSync(nameOf(1), 'old');
  symlinkSync('/nowhere', nameOf(2));
  mkdirSync(nameOf(3));
  expect(await publishFile(folder.at('partial'), nameOf)).toBe(nameOf(4));
  expect(readFileSync(nameOf(4), 'utf8')).toBe('new');
  expect(readFileSync(nameOf(1), 'utf8')).toBe('old');
  expect(lstatSync(nameOf(2)).isSymbolicLink()).toBe(true);
  expect(readdirSync(folder.path)).not.toContain('partial');
});

test('and keeps its own where the caller gives up on a name that is taken', async () => {
  writeFileSync(nameOf(1), 'old');
  const giveUp = (attempt: number) => {
    if (attempt > 1) throw new Error('taken');
    return nameOf(attempt);
  };
  await expect(publishFile(folder.at('partial'), giveUp)).rejects.toThrow('taken');
  expect(readFileSync(nameOf(1), 'utf8')).toBe('old');
  expect(readFileSync(folder.at('partial'), 'utf8')).toBe('new');
});

test('nothing is published of a file that is gone', async () => {
  await expect(publishFile(folder.at('nothing'), nameOf)).rejects.toMatchObject({ code: 'ENOENT' });
});
