import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { listRemoteArchives } from '../../src/restore/remote-archives.ts';
import { openDirectoryStorage } from '../../src/storage/directory/storage.ts';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { LATEST, writeDatabase } from './earlier-files.ts';

const SHOP = {
  name: 'shop',
  'connection-string': 'postgresql:///shop',
  destination: 'file:/srv',
  'no-check': true,
} as const;

/** Changes a catalogue as somebody can who may write to the storage that its copy lies in. */
function change(account: Account, statements: string): void {
  const database = new Database(account.catalogPath);
  database.pragma('writable_schema = on');
  database.exec(statements);
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}

// `catalog rebuild` reads the archives of a place and never a copy of the catalogue there: a user puts that where
// DB_PATH points.
describe('a copy of the catalogue that somebody has changed', () => {
  const CODE: [string, string, RegExp][] = [
    [
      'a trigger {hostile@connect}',
      'create trigger spy after update on servers begin delete from backup_log; end',
      /trigger spy/,
    ],
    [
      'a trigger whose name a terminal obeys',
      'create trigger "\u001b[2Jx\n" after insert on backup_log begin select 1; end',
      /trigger \\u001b\[2Jx\\n/,
    ],
    [
      'a view in place of a table {replaced@connect, hostile@record}',
      'alter table backup_log rename to real; create view backup_log as select * from real',
      /view backup_log/,
    ],
    ['a view of its own', 'create view other as select * from servers', /view other/],
    [
      'a computed column',
      "alter table servers add column extra text generated always as ('x' || name) virtual",
      /computed column servers\.extra/,
    ],
    ['a virtual table', 'create virtual table words using fts5(word)', /virtual table words/],
  ];

  test.each(CODE)('is refused, and not a byte of it changed, with %s', async (_what, statements, words) => {
    using account = newAccount();
    await account.add(SHOP);
    change(account, statements);
    const before = readFileSync(account.catalogPath);
    for (const command of [['list'], ['catalog', 'rebuild', '--from', 'file:/srv']]) {
      expect(await account.pgbak(...command)).toMatchObject({ status: 2, stderr: expect.stringMatching(words) });
    }
    expect((await account.pgbak('doctor')).stdout).toMatch(/that pgbak never makes/);
    expect(readFileSync(account.catalogPath).equals(before)).toBe(true);
  });

  test.each<[string, string]>([
    [
      'a file of the earlier program with a trigger',
      `${LATEST.ddl}; create trigger spy after update on servers begin delete from backup_log; end`,
    ],
    ['a file of the earlier program with a view', `${LATEST.ddl}; create view other as select * from servers`],
    ['a file with nothing but a view', 'create view other as select 1'],
  ])('is not adopted where it is %s', async (_what, ddl) => {
    using account = newAccount();
    mkdirSync(dirname(account.catalogPath));
    writeDatabase(account.catalogPath, ddl);
    const before = readFileSync(account.catalogPath);
    expect(await account.add(SHOP)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/that pgbak never makes/),
    });
    expect(readFileSync(account.catalogPath).equals(before)).toBe(true);
    expect(readdirSync(dirname(account.catalogPath))).toEqual(['backup.sqlite']);
  });

  test.each<[string, string, RegExp]>([
    [
      'an archive name that leads out of its directory',
      "update servers set archive_name = '../../evil'",
      /archive name .* has a part/,
    ],
    ['an archive name that is absolute', "update servers set archive_name = '/etc/evil'", /begins with a slash/],
    [
      'an archive name that a terminal obeys',
      "update servers set archive_name = 'a' || char(27) || '[2J'",
      /control character/,
    ],
    ['a name that is a blob', "update servers set name = x'ff00'", /name is no text/],
    [
      'a text of 50 MB in place of an archive name',
      "update servers set archive_name = printf('%.*c', 50000000, 'x')",
      /archive_name is a text of more than 1000000 characters/,
    ],
  ])('puts a server alone in error with %s {hostile@record}', async (_what, statements, words) => {
    using account = newAccount();
    await account.add({ ...SHOP, destination: `file:${account.folder.at('backups')}` });
    change(account, statements);
    const { status, stdout, stderr } = await account.pgbak('run', '--force');
    expect(status).toBe(1);
    expect(stderr).toMatch(words);
    expect(stderr.length).toBeLessThan(5000);
    // oxlint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
    expect(readdirSync(account.folder.at('backups')).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(existsSync(account.folder.at('evil.sql.7z'))).toBe(false);
    expect(await account.pgbak('list')).toMatchObject({ status: 0 });
  });
});

test('a place that lists names which pgbak never gives is rebuilt without them, and shows what a terminal can {hostile@fetch}', async () => {
  using account = newAccount();
  const directory = account.folder.at('backups');
  mkdirSync(directory);
  const put = (name: string, serverName: string) => {
    const path = `${directory}/${name}.20261101T000000Z.sql.7z`;
    writeFileSync(path, name);
    const facts = JSON.stringify({
      'pgbak-server': serverName,
      'pgbak-started-at': 'x'.repeat(5000),
      'pgbak-raw-size': '-5',
      'pgbak-compression': '../x',
    });
    writeFileSync(`${path}.sha256`, `# pgbak-facts ${facts}\n${'0'.repeat(64)}  ${basename(path)}\n`);
  };
  put('good', 'Good one');
  put('odd', '\u001B[2J\nodd');
  put('long', 'x'.repeat(5000));
  for (const name of ['\u001B[2Jbad', 'line\nbreak', 'back\\slash', `..`]) put(name, 'evil');
  const rebuilt = await account.pgbak('catalog', 'rebuild', '--from', `file:${directory}`);
  expect(rebuilt).toMatchObject({ status: 0 });
  expect(await account.json('list')).toMatchObject([{ name: 'Good one' }, { name: 'long' }, { name: 'odd' }]);
  // What the facts beside an archive say is not taken where pgbak could not have said it.
  expect(await account.json('list')).toMatchObject(Array.from({ length: 3 }, () => ({ compression: 'lzma2:1' })));
  expect(await account.json('logs')).toMatchObject(
    Array.from({ length: 3 }, () => ({ rawSize: null, compression: null, warnings: [] })),
  );
});

test('a place that lists more than can be held is refused {hostile@fetch}', async () => {
  using account = newAccount();
  for (const name of ['a', 'b', 'c']) writeFileSync(account.folder.at(`${name}.20261101T000000Z.sql.7z`), name);
  const storage = openDirectoryStorage({ directory: account.folder.path, owner: 'catalog-1' });
  const { signal } = new AbortController();
  expect(await listRemoteArchives(storage, '', signal, 3)).toHaveLength(3);
  await expect(listRemoteArchives(storage, '', signal, 2)).rejects.toThrow(/lists more than 2 archives/);
});

test('a listing without end is refused before it fills the memory {hostile@fetch}', async () => {
  await using server = await startB2Server();
  server.createBucket('pgbak-bucket');
  let listed = 0;
  const fileName = () => `a${(listed += 1)}.sql.7z`;
  const file = { action: 'upload', contentLength: 1, uploadTimestamp: 1, fileInfo: { 'pgbak-database': '{}' } };
  const page = () => Array.from({ length: 1000 }, () => ({ ...file, fileName: fileName(), fileId: `id-${listed}` }));
  const endless = () => ({ files: page(), nextFileName: `a${listed}`, nextFileId: `id-${listed}` });
  server.faults.add({ endpoint: 'b2_list_file_versions', times: 10_000, action: { kind: 'twist', change: endless } });
  const { id, key } = server.masterKey;
  using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  account.env['NODE_OPTIONS'] = '--max-old-space-size=128';
  expect(await account.pgbak('catalog', 'rebuild', '--from', 'b2')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^pgbak: b2:pgbak-bucket lists more than \d+ archives, too many for the memory here\n/,
    ),
  });
});
