import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { copyEntry } from '../../src/archive/copy-entry.ts';
import type { ArchiveLocation } from '../../src/archive/list-archive.ts';
import { lookInside } from '../../src/archive/look-inside.ts';
import { readHead, readText } from '../../src/archive/read-entry.ts';
import { findZstd } from '../../src/archive/zstd.ts';
import { Secret } from '../../src/core/secret.ts';
import { PgbakError } from '../../src/core/errors.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { installedSevenZip, plainEnvironment } from '../support/seven-zip.ts';
import { packedHeaderOf, sevenZipOf, signed, type WrittenEntry } from '../support/seven-zip-writer.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const DUMP = `--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE t (n int);\n${'INSERT INTO t VALUES (1);\n'.repeat(20)}\n--\n-- PostgreSQL database dump complete\n--\n\n`;
const GLOBALS = 'CREATE ROLE a;\n';
const KNOWN = { dumps: ['shop.sql', 'shop.sql.zst'], globals: 'shop.globals.sql' };
const PASSWORD = 'S3CRET';
const GLOBALS_LIMIT_BYTES = 1000;

let folder: TemporaryFolder;
let location: ArchiveLocation;
let sound: Record<string, Buffer>;
beforeAll(async () => {
  folder = temporaryFolder();
  const sevenZip = await installedSevenZip();
  const { signal } = new AbortController();
  const zstd = await findZstd(plainEnvironment, signal);
  location = { sevenZip, environment: plainEnvironment, archivePath: folder.at('archive.7z'), zstd, signal };
  const made = (name: string, content: Buffer, ...options: string[]) => {
    const path = folder.at(`made-${options.join('')}${name}.7z`);
    execFileSync(sevenZip.file, ['a', '-t7z', ...options, `-si${name}`, path], { input: content, stdio: 'pipe' });
    return path;
  };
  const dump = Buffer.from(DUMP);
  const both = made('shop.sql', dump, '-mhc=off');
  execFileSync(sevenZip.file, ['a', '-mhc=off', '-sishop.globals.sql', both], { input: GLOBALS, stdio: 'pipe' });
  const compress = ['-c', '-q', '-'];
  const compressed = execFileSync('zstd', compress, { input: dump });
  sound = {
    plain: readFileSync(made('shop.sql', dump)),
    both: readFileSync(both),
    encrypted: readFileSync(made('shop.sql', dump, `-p${PASSWORD}`, '-mhe=on')),
    'encrypted without its header': readFileSync(made('shop.sql', dump, `-p${PASSWORD}`, '-mhc=off')),
    zstd: readFileSync(made('shop.sql.zst', compressed, '-mx=0', '-mhc=off')),
    written: sevenZipOf([
      { name: 'shop.sql', content: DUMP },
      { name: 'shop.globals.sql', content: GLOBALS },
    ]),
  };
});
afterAll(() => folder[Symbol.dispose]());

/** Takes the archive as a restore does, and gives what would be loaded; undefined where it is refused. */
async function taken(archive: Buffer, password?: string): Promise<string | undefined> {
  writeFileSync(location.archivePath, archive);
  const opened = { ...location, ...(password === undefined ? {} : { password: new Secret(password) }) };
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  try {
    const { dumpEntry, hasGlobals } = await lookInside(opened, KNOWN);
    expect(KNOWN.dumps).toContain(dumpEntry);
    await readHead(opened, dumpEntry, 4096);
    if (hasGlobals) {
      const text = await readText(opened, KNOWN.globals, GLOBALS_LIMIT_BYTES);
      expect(text.reveal().length).toBeLessThanOrEqual(GLOBALS_LIMIT_BYTES);
    }
    await copyEntry({ ...opened, entryName: dumpEntry }, 'sql', sink);
    return Buffer.concat(chunks).toString();
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    expect(`${error.message}${error.hint ?? ''}`).not.toContain(PASSWORD);
    expect(error.message.length).toBeLessThan(5000);
    return undefined;
  }
}

const place = fc.nat({ max: 100_000 });
type Damage = { kind: 'byte'; at: number; value: number } | { kind: 'cut' | 'remove' | 'double'; at: number };
const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('byte'), at: place, value: fc.nat({ max: 255 }) }) },
  fc.record({ kind: fc.constantFrom('cut', 'remove', 'double'), at: place }),
);

function damaged(bytes: Buffer, change: Damage): Buffer {
  const { at } = change;
  const offset = at % Math.max(1, bytes.length);
  if (change.kind === 'byte') {
    const changed = Buffer.from(bytes);
    if (offset < changed.length) changed[offset] = change.value;
    return changed;
  }
  const rest = { cut: bytes.length, remove: offset + 1, double: offset / 2 }[change.kind];
  return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(rest)]);
}

test(
  'an archive with damage anywhere, its checksums made good again or not, is the same dump or refused {damaged@prove, hostile@prove}',
  async () => {
    const property = fc.asyncProperty(
      fc.constantFrom('plain', 'both', 'encrypted', 'encrypted without its header', 'zstd', 'written'),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      fc.record({ isSigned: fc.boolean(), isInHeader: fc.boolean(), hasPassword: fc.boolean() }),
      async (which, changes, { isSigned, isInHeader, hasPassword }) => {
        const good = sound[which] ?? Buffer.alloc(0);
        const header = isInHeader ? 32 + Number(good.readBigUInt64LE(12)) : 0;
        let bad = good;
        for (const change of changes) {
          bad = Buffer.concat([bad.subarray(0, header), damaged(bad.subarray(header), change)]);
        }
        const password = which.startsWith('encrypted') || hasPassword ? PASSWORD : undefined;
        const loaded = await taken(isSigned ? resigned(bad) : bad, password);
        if (loaded !== undefined) expect(loaded).toBe(DUMP);
      },
    );
    for (const [which, archive] of Object.entries(sound)) {
      expect(await taken(archive, which.startsWith('encrypted') ? PASSWORD : undefined)).toBe(DUMP);
    }
    await fc.assert(property, fuzzRuns(40));
  },
  FUZZ_TIMEOUT_MS,
);

function resigned(bytes: Buffer): Buffer {
  try {
    return signed(bytes);
  } catch {
    // Its header is said to be where no number leads.
    return bytes;
  }
}

// prettier-ignore
const NAMES = [
  'shop.sql', 'shop.sql', 'shop.sql.zst', 'shop.globals.sql', '', '.', '..', '/', '../shop.sql', './shop.sql', '/shop.sql',
  'shop.sql/', 'shop.sql/shop.sql', 'a/../shop.sql', 'C:\\shop.sql', '\\\\host\\shop.sql', 'SHOP.SQL', 'shop.sql\n', 'shop.sql\r', 'shop.sql\u2028',
  'x\nPath = shop.sql', 'shop.sql\u0000x', '*', 'shop.*', '@list', '-so', '\u001B[2J', 'shop.sql ', 'shop.sql.', '\uD800', 'x'.repeat(40_000),
];
const entry: fc.Arbitrary<WrittenEntry> = fc.record(
  {
    name: fc.constantFrom(...NAMES),
    content: fc.constantFrom(DUMP, DUMP, '', 'x', '/etc/passwd', 'y'.repeat(GLOBALS_LIMIT_BYTES + 1), '\u001B[2J'),
    isDirectory: fc.boolean(),
    unixMode: fc.constantFrom(0o120777, 0o100644, 0o20666, 0o10666, 0o104755),
    saidBytes: fc.constantFrom(0, 1, DUMP.length - 1, DUMP.length + 1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER),
    isUnchecked: fc.boolean(),
  },
  { requiredKeys: ['name', 'content'] },
);

test(
  'an archive with entries of any name, kind, number and size is the dump and roles of pgbak, or refused {hostile@prove, hostile@load}',
  async () => {
    const before = readdirSync(folder.path);
    const property = fc.asyncProperty(fc.array(entry, { maxLength: 4 }), async (entries) => {
      const loaded = await taken(sevenZipOf(entries));
      if (loaded === undefined) return;
      expect(loaded).toBe(DUMP);
      expect(entries.filter(({ name }) => name !== 'shop.globals.sql')).toHaveLength(1);
    });
    const dump = { name: 'shop.sql', content: DUMP };
    expect(await taken(sevenZipOf([dump]))).toBe(DUMP);
    await fc.assert(property, {
      ...fuzzRuns(60),
      examples: [[[dump, dump]], [[dump, { ...dump, name: '../shop.sql' }]]],
    });
    expect(readdirSync(folder.path)).toEqual(expect.arrayContaining(before));
    expect(readdirSync(folder.path).length).toBeLessThanOrEqual(before.length + 1);
  },
  FUZZ_TIMEOUT_MS,
);

test.each(['zip', 'tar', 'gzip', 'xz'])(
  'another kind of archive under the name of one (%s) is refused {replaced@prove, hostile@prove}',
  async (type) => {
    writeFileSync(folder.at('shop.sql'), DUMP);
    const path = folder.at(`other.${type}`);
    execFileSync(location.sevenZip.file, ['a', `-t${type}`, path, folder.at('shop.sql')], { stdio: 'pipe' });
    expect(await taken(readFileSync(path))).toBeUndefined();
  },
);

test('a directory that unpacks to more than any of pgbak has is refused before 7-Zip takes the memory {hostile@prove}', async () => {
  const header = Buffer.alloc(2 ** 21);
  const packed = folder.at('packed.7z');
  const options = ['-m0=lzma:d=64k', '-mhc=off', '-siheader'];
  execFileSync(location.sevenZip.file, ['a', '-t7z', ...options, packed], { input: header, stdio: 'pipe' });
  expect(await taken(packedHeaderOf(readFileSync(packed), header))).toBeUndefined();
  await expect(lookInside(location, KNOWN)).rejects.toThrow(/list of files has 2097152 bytes/);
});
