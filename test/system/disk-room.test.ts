import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openDiskRoom } from '../../src/system/disk-room.ts';
import { plainEnvironment } from '../support/seven-zip.ts';
import { CAN_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const never = new AbortController().signal;

test('a stretch that is released takes no room any more, and the rest of the file is as it was', async () => {
  using folder = temporaryFolder();
  const path = folder.at('archive.7z');
  const content = randomBytes(1_000_000);
  writeFileSync(path, content);
  const room = await openDiskRoom(path, plainEnvironment, never);
  if (typeof room === 'string') throw new Error(room);
  expect(await room.freeBytes()).toBeGreaterThan(1_000_000);
  await room.release(100_001, 800_000);
  const { size, blocks } = statSync(path);
  expect(size).toBe(1_000_000);
  expect(blocks * 512).toBeLessThan(250_000);
  expect(readFileSync(path).equals(Buffer.from(content).fill(0, 100_001, 900_001))).toBe(true);
  expect(readdirSync(folder.path)).toEqual(['archive.7z']);
});

test('a machine without fallocate says so', async () => {
  using folder = temporaryFolder();
  expect(await openDiskRoom(folder.at('archive.7z'), { PATH: folder.path }, never)).toMatch(
    /fallocate could not be start/,
  );
});

(CAN_MOUNT ? test : test.skip)('a file system that cannot do it says so', async () => {
  using folder = temporaryFolder();
  using disk = mountSmallDisk(folder.at('ramfs'), 1_000_000, 'ramfs');
  const { path } = disk;
  expect(await openDiskRoom(`${path}/archive.7z`, plainEnvironment, never)).toMatch(/unsupported|not supported/i);
  expect(readdirSync(path)).toEqual([]);
});
