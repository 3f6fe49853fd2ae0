import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { listRemoteArchives } from '../../src/restore/remote-archives.ts';
import { openDirectoryStorage } from '../../src/storage/directory/storage.ts';
import { archivesIn } from '../support/archives-in.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { listed, never } from './archives.ts';

// prettier-ignore
const BASES = [
  'shop', 'shop', 'other', '.', '..', ' ', '-rf', '*', 'a\nb', '\u001B[2J', '\u202E', 'ä', 'a\\b', 'x'.repeat(190), '__proto__', 'lost+found',
  'sub/shop', '.hidden/shop', 'shop.20261123T101500Z', 'shop.sql.7z',
];
// prettier-ignore
const STAMPS = [
  '20261123T101500Z', '20261123T101500Z', '99991231T235959Z', '00000101T000000Z', '99999999T999999Z', '20261323T101500Z', '20260230T101500Z',
  '20261123T246060Z', '20261123t101500z', '20261123T101500', '',
];
const ENDS = ['.sql.7z', '.sql.7z', '.bin.7z', '.sqlite.7z', '.sql.7z.sha256', '.bin.7z.partial', '.7z', ''];
const NUMBERS = ['', '', '-1', '-2', '-0', '--1', '-99999999999999999999999', '-1e9'];
const SUM = '0'.repeat(64);
// prettier-ignore
const FACTS = [
  '{}', '[]', 'null', '"a"', '{', '{"pgbak-started-at":"+275760-09-13T00:00:00.000Z"}', '{"pgbak-started-at":"2026-11-23T10:15:00.999999Z"}',
  '{"__proto__":"a","constructor":"b"}', '{"pgbak-server":"\\u001b[2J","pgbak-raw-size":"-1","pgbak-compression":"../x"}',
  '{"pgbak-server":"shop","pgbak-raw-size":"1e300","pgbak-database":"[[["}', '{"pgbak-database":"{\\"encoding\\":[1],\\"roles\\":\\"x\\"}"}',
  '{"pgbak-catalog":"","pgbak-raw-size":"9007199254740993"}', '{"pgbak-catalog":"\\n\\u0000","pgbak-server":"a/../b"}',
];

interface Odd {
  name: string;
  kind: 'file' | 'directory' | 'link' | 'loop' | 'fifo';
  facts: string | undefined;
}
const odd: fc.Arbitrary<Odd> = fc.record({
  name: fc
    .tuple(fc.constantFrom(...BASES), fc.constantFrom(...STAMPS), fc.constantFrom(...NUMBERS), fc.constantFrom(...ENDS))
    .map(([base, stamp, number, end]) => `${base}.${stamp}${number}${end}`),
  kind: fc.constantFrom('file', 'file', 'file', 'directory', 'link', 'loop', 'fifo'),
  facts: fc.option(fc.constantFrom(...FACTS), { nil: undefined }),
});

/** Puts it there, and returns its path; nothing where something stands already, or no file system takes it. */
function put(directory: string, { name, kind, facts }: Odd): string[] {
  const path = join(directory, name);
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (kind === 'directory') mkdirSync(path);
    else if (kind === 'link') symlinkSync('/etc/passwd', path);
    else if (kind === 'loop') symlinkSync(path, path);
    else if (kind === 'fifo') execFileSync('mkfifo', ['--', path], { stdio: 'pipe' });
    else writeFileSync(path, 'x', { flag: 'wx' });
    if (facts === undefined) return [path];
    const sidecar = `${path}.sha256`;
    writeFileSync(sidecar, `# pgbak-facts ${facts}\n${SUM}  ${path.slice(path.lastIndexOf('/') + 1)}\n`, {
      flag: 'wx',
    });
    return [path, sidecar];
  } catch {
    return [];
  }
}

test(
  'a listing of a directory with odd files gives nothing without a size, a time and a name that pgbak gives {hostile@fetch, hostile@prune}',
  async () => {
    const property = fc.asyncProperty(fc.array(odd, { minLength: 1, maxLength: 12 }), async (all) => {
      using folder = temporaryFolder();
      const paths = all.flatMap((one) => put(folder.path, one));
      const storage = openDirectoryStorage({ directory: folder.path, owner: 'catalog-1' });
      const objects = await listed(storage, '');
      const ids = new Set(objects.map(({ id }) => id));
      for (const path of [...paths, ...ids])
        expect((await storage.find?.({ id: path }))?.id).toBe(ids.has(path) ? path : undefined);
      for (const { id, storedAt, sizeBytes } of objects) {
        expect(lstatSync(id).isFile()).toBe(true);
        expect(sizeBytes).toBeGreaterThanOrEqual(0);
        const stamp = storedAt
          .toISOString()
          .replace(/\.\d+Z$/, 'Z')
          .replaceAll(/[-:]/g, '');
        expect(id).toContain(stamp);
      }
      for (const { archiveName, startedAt } of await listRemoteArchives(storage, '', never)) {
        expect(join(folder.path, archiveName).startsWith(`${folder.path}/`)).toBe(true);
        expect(Number.isNaN(startedAt.getTime())).toBe(false);
      }
      await storage.sweep('shop.sql.7z', never);
    });
    await fc.assert(property, fuzzRuns(200));
  },
  FUZZ_TIMEOUT_MS,
);

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table t as select n from generate_series(1, 5000) n');
  account = newAccount();
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

test(
  'each command works beside odd files, and removes nothing but what a rule lets go {hostile@prune, hostile@fetch}',
  async () => {
    const directory = account.folder.at('backups');
    await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination: `file:${directory}`,
      'keep-last': 1,
      'min-size': 1,
    });
    await account.pgbak('run', '--force');
    const property = fc.asyncProperty(fc.array(odd, { minLength: 1, maxLength: 12 }), async (all) => {
      const own = archivesIn(directory);
      const paths = all.flatMap((one) => put(directory, one));
      const ran = await account.pgbak('run', '--force', '--server', 'shop');
      expect(`${ran.status} ${ran.stderr}`).toMatch(/^0 /);
      const [last = ''] = archivesIn(directory).filter(
        (name) => !own.includes(name) && !paths.includes(join(directory, name)),
      );
      for (const words of [
        ['backups'],
        ['backups', '--remote', `file:${directory}`],
        ['verify', 'shop', '--level', 'remote'],
        ['prune'],
        ['doctor'],
        ['catalog', 'rebuild', '--from', `file:${directory}`],
        ['status'],
        ['prune'],
      ]) {
        const { status, stdout, stderr } = await account.pgbak(...words);
        const said = `pgbak ${words.join(' ')}: ${status}\n${stdout}${stderr}`;
        expect(said).not.toMatch(/bug in pgbak|unexpected error|\n {4}at /);
        // oxlint-disable-next-line no-control-regex
        expect(said).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u202E]/);
        expect([0, 1, 2]).toContain(status);
      }
      expect(existsSync(join(directory, last))).toBe(true);
      for (const path of paths) rmSync(path, { recursive: true });
      expect(readdirSync(directory)).toContain(last);
    });
    await fc.assert(property, { ...fuzzRuns(1), endOnFailure: true });
  },
  FUZZ_TIMEOUT_MS,
);
