import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { listArchive } from '../../src/archive/list-archive.ts';
import { installedSevenZip, plainEnvironment } from '../support/seven-zip.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The first bytes of an archive (7zFormat.txt of the LZMA SDK): where its header lies, behind a checksum of that. */
const START = { checksum: 8, offset: 12, size: 20, headerChecksum: 28, end: 32 };
/** In a header: a coder of one byte's name, with one byte of properties, LZMA2. */
const LZMA2_CODER = Buffer.from([0x21, 0x21, 0x01]);

/** Lets an archive say that its dictionary has another size (https://7-zip.org/sdk.html, Lzma2Dec.c), and hold together. */
function setDictionary(archivePath: string, property: number): void {
  const bytes = readFileSync(archivePath);
  const header = bytes.subarray(START.end + Number(bytes.readBigUInt64LE(START.offset)));
  header.writeUInt8(property, header.indexOf(LZMA2_CODER) + LZMA2_CODER.length);
  bytes.writeUInt32LE(crc32(header), START.headerChecksum);
  bytes.writeUInt32LE(crc32(bytes.subarray(START.offset, START.end)), START.checksum);
  writeFileSync(archivePath, bytes);
}

test.each([
  ['LZMA2 at level 9', ['-mx9'], undefined],
  ['LZMA2 with a dictionary of 512 MiB', [], 34],
  ['PPMd', ['-m0=ppmd'], undefined],
])('an archive made with %s is opened', async (_how, options, property) => {
  using archive = await makeArchive(options, property);
  expect(await listArchive(archive.location)).toMatchObject([{ path: 'shop.sql' }]);
});

test.each([
  [1024, 36],
  [4096, 40],
])(
  'an archive that takes %s MiB of memory to unpack is refused before it is {hostile@prove}',
  async (mib, property) => {
    using archive = await makeArchive([], property);
    await expect(listArchive(archive.location)).rejects.toThrow(`the archive needs ${mib} MiB of memory to unpack`);
  },
);

async function makeArchive(options: readonly string[], property: number | undefined) {
  const folder = temporaryFolder();
  const sevenZip = await installedSevenZip();
  const archivePath = folder.at('shop.7z');
  writeFileSync(folder.at('shop.sql'), 'select 1;\n'.repeat(100));
  execFileSync(sevenZip.file, ['a', '-mhc=off', ...options, archivePath, folder.at('shop.sql')], { stdio: 'pipe' });
  if (property !== undefined) setDictionary(archivePath, property);
  const { signal } = new AbortController();
  return {
    location: { sevenZip, environment: plainEnvironment, archivePath, signal },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
