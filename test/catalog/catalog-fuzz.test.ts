import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
let account: Account;
let columns: { table: string; column: string }[];
const sound = () => account.folder.at('sound.sqlite');
const place = () => account.folder.at('backups');
const ARCHIVE_PASSWORD = 'S3CRET of the archives';
const PAGE_BYTES = 4096;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table t as select n from generate_series(1, 5000) n');
  account = newAccount({ URL: cluster.url('shop') });
  const where = { destination: `file:${place()}`, 'min-size': 1 };
  await account.add({ name: 'shop', 'connection-string': 'env:URL', ...where });
  await account.add({
    name: 'other',
    'connection-string': cluster.url('shop'),
    'archive-password': ARCHIVE_PASSWORD,
    ...where,
  });
  await account.pgbak('run', '--force');
  await account.pgbak('run', '--force', '--server', 'shop');
  await account.pgbak('verify', '--all');
  const database = new Database(account.catalogPath);
  database.pragma('wal_checkpoint(truncate)');
  columns = database
    .prepare<[], { table: string; column: string }>(
      `select m.name as "table", c.name as "column" from sqlite_master m join pragma_table_info(m.name) c
       where m.type = 'table' and m.name not like 'sqlite%'`,
    )
    .all()
    // A rule of retention that a user might have given may remove what it says.
    .filter(({ column }) => !/^(keep_|auto_prune)/.test(column));
  database.close();
  copyFileSync(account.catalogPath, sound());
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

// prettier-ignore
const VALUES = [
  null, '', 'x', '0', '1', '-1', 0, -1, 2, 0.5, 1e15, 9_007_199_254_740_993n, 9_223_372_036_854_775_807n, 1e300,
  Infinity, Buffer.from([255, 0]), '9999-12-31T23:59:59.999Z', '0000-01-01', '+275760-09-13T00:00:00.000Z', '2026-13-45T00:00:00Z',
  '99991231T235959', '00000101T000000', '[]', '[1]', '{}', '{"a":', 'null', '../../evil', 'a\u001B[2J\n', 'Success', 'file:/', 'b2:x',
  'env:NONE', 'file:/nonexistent', '\u0000', 'sql', 'binary', 'x'.repeat(2_000_000), '[[["a"]]]', '[{"sizeBytes":-1}]', '%', 'é',
];

type Change =
  | { kind: 'value'; at: number; value: (typeof VALUES)[number]; isOne: boolean }
  | { kind: 'bytes'; at: number; byte: number }
  | { kind: 'cut'; at: number }
  | { kind: 'swap'; at: number; with: number }
  | { kind: 'rename' | 'drop column' | 'drop table' | 'retype'; at: number }
  | { kind: 'sql'; sql: string };

const at = fc.nat({ max: 1_000_000 });
const value = fc.record({
  kind: fc.constant('value' as const),
  at,
  value: fc.constantFrom(...VALUES),
  isOne: fc.boolean(),
});
const structure = fc.oneof(
  fc.record({ kind: fc.constantFrom('rename' as const, 'drop column' as const, 'drop table' as const), at }),
  fc.record({
    kind: fc.constant('sql' as const),
    sql: fc.constantFrom(
      "update pgbak_meta set value = '999' where name like '%schema%'",
      "update pgbak_meta set value = 'x'",
      'delete from pgbak_meta',
      'delete from servers',
      'pragma user_version = 2147483647',
      'pragma application_id = 1',
      'drop index if exists backup_log_started',
      'create trigger a after update on servers begin update servers set name = name; end',
      'create view a as select * from a',
      'alter table servers rename to s; create view servers as select * from s',
      'alter table backup_log rename to b; create view backup_log as select * from b',
      "create trigger a before insert on backup_log begin select raise(abort, 'a'); end",
      'create trigger a before update on servers begin select raise(ignore); end',
      'create trigger a after insert on backup_log begin delete from servers; end',
      'drop table backup_log; create virtual table backup_log using fts5(id)',
    ),
  }),
);
const damage = fc.oneof(
  fc.record({ kind: fc.constant('bytes' as const), at, byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('swap' as const), at, with: at }),
);
const changes: fc.Arbitrary<Change[]> = fc.oneof(
  { weight: 4, arbitrary: fc.array(value, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(structure, { minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.array(damage, { minLength: 1, maxLength: 12 }) },
);

function apply(change: Change): void {
  const path = account.catalogPath;
  if (change.kind === 'cut') return truncateSync(path, change.at % statSync(path).size);
  if (change.kind === 'swap') {
    const bytes = readFileSync(path);
    const page = (number: number) => {
      const from = (number % Math.max(1, Math.floor(bytes.length / PAGE_BYTES))) * PAGE_BYTES;
      return bytes.subarray(from, from + PAGE_BYTES);
    };
    const first = Buffer.from(page(change.at));
    page(change.with).copy(page(change.at));
    first.copy(page(change.with));
    return writeFileSync(path, bytes);
  }
  if (change.kind === 'bytes') {
    const bytes = readFileSync(path);
    bytes[change.at % bytes.length] = change.byte;
    return writeFileSync(path, bytes);
  }
  const database = new Database(path);
  try {
    if (change.kind === 'sql') return void database.exec(change.sql);
    const chosen = columns[change.at % columns.length];
    if (chosen === undefined) return;
    const { table, column } = chosen;
    database.pragma('foreign_keys = off');
    if (change.kind === 'rename') database.exec(`alter table "${table}" rename column "${column}" to zz`);
    else if (change.kind === 'drop column') database.exec(`alter table "${table}" drop column "${column}"`);
    else if (change.kind === 'drop table') database.exec(`drop table "${table}"`);
    else if (change.kind === 'value') {
      const one = change.isOne ? `where rowid = (select max(rowid) from "${table}")` : '';
      database.prepare(`update "${table}" set "${column}" = ? ${one}`).run(change.value);
    }
  } catch {
    // What SQLite itself does not let into the file.
  } finally {
    try {
      database.pragma('wal_checkpoint(truncate)');
    } catch {
      // A file that an earlier change has damaged.
    }
    database.close();
  }
}

const COMMANDS = [
  ['list'],
  ['list', '--json'],
  ['logs'],
  ['logs', '--id', '1'],
  ['status'],
  ['status', '--prometheus'],
  ['backups', 'shop'],
  ['verify', 'shop', '--level', 'remote'],
  ['prune'],
  ['run', '--dry-run', '--force'],
  ['run', '--force', '--server', 'shop'],
  ['doctor'],
  ['edit', 'shop', '--frequency-hrs', '2', '--no-check'],
  ['restore', 'shop', '--output', 'OUT'],
  ['catalog', 'export', 'OUT'],
];

test(
  'each command works with a damaged catalogue, or ends with a clear error, and removes no archive {hostile@record, damaged@record}',
  async () => {
    const archives = readdirSync(place());
    expect(archives.filter((name) => name.endsWith('.7z'))).toHaveLength(3);
    const property = fc.asyncProperty(changes, at, async (all, first) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(account.catalogPath + suffix, { force: true });
      copyFileSync(sound(), account.catalogPath);
      for (const change of all) apply(change);
      // Each run of the property tries some of the commands; many runs all of them.
      for (let index = 0; index < 4; index += 1) {
        const words = COMMANDS[(first + index * 5) % COMMANDS.length] ?? [];
        const out = account.folder.at('out');
        rmSync(out, { force: true });
        const { status, stdout, stderr } = await account.pgbak(...words.map((word) => (word === 'OUT' ? out : word)));
        const said = `pgbak ${words.join(' ')}: ${status}\n${stdout}${stderr}`;
        expect(said).not.toMatch(/bug in pgbak|unexpected error|\n {4}at /);
        // oxlint-disable-next-line no-control-regex
        expect(said).not.toMatch(/[\u0000-\u0008\u000B-\u001F]/);
        expect([0, 1, 2]).toContain(status);
        for (const secret of [encodeURIComponent(cluster.superuser.password), ARCHIVE_PASSWORD])
          expect(said).not.toContain(secret);
        expect(said.length).toBeLessThan(100_000);
        expect(readdirSync(place())).toEqual(expect.arrayContaining(archives));
      }
    });
    await fc.assert(property, fuzzRuns(4));
  },
  FUZZ_TIMEOUT_MS,
);
