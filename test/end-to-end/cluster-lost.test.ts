import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { clientPrograms } from '../support/postgres/versions.ts';
import { account, cluster, setTheScene } from './account-scene.ts';

/** Names that need quotes somewhere: in SQL, in a shell, in an address, in a file's name, in a folder's. */
const EMPTY = { Shop: '', 'with space': '', 'quo"te\'s': '', '100%': '', 'zürich 数': '', 'a/b': '' };
const OTHERS = {
  latin: "encoding 'LATIN1' locale 'C'",
  ascii: "encoding 'SQL_ASCII' locale 'C'",
  icu: "encoding 'UTF8' locale_provider icu icu_locale 'de-CH' locale 'C.UTF-8'",
  tables: '',
  objects: '',
  'no rights': '',
  closed: '',
};
const NAMES = { ...EMPTY, ...OTHERS };
/** Tables of one database. More would only take longer. */
const TABLES = 5000;

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

async function fill(source: Cluster): Promise<void> {
  const sql = async (database: string, text: string) => await source.sql(database, text);
  await sql(
    'postgres',
    `create role "Ünï röle" login password 'its secret'; create role app; grant app to "Ünï röle";
    alter role app set lock_timeout to '5s'; comment on role app is 'the application';
    create role bak login password 'bak'; grant pg_read_all_data to bak`,
  );
  for (const [name, options] of Object.entries(NAMES))
    await sql('postgres', `create database ${identifier(name)} template template0 ${options}`);
  for (const name of Object.keys(EMPTY)) {
    await sql(
      name,
      `create table "T ä" (id int primary key, name text); alter table "T ä" owner to app;
      insert into "T ä" select n, md5(n::text) from generate_series(1, 200) n`,
    );
  }
  await sql('latin', `create table w (w text); insert into w values ('größe'); alter table w owner to "Ünï röle"`);
  await sql('ascii', String.raw`create table w (w text); insert into w values (E'\xff\xfe')`);
  await sql('icu', "create table w (w text); insert into w values ('z'), ('ä'); create index on w (w)");
  await sql(
    'tables',
    `do $$ begin for n in 1..${TABLES} loop execute format('create table t%s (a int)', n); end loop; end $$`,
  );
  await sql('objects', "select lo_from_bytea(0, 'one'), lo_from_bytea(0, 'two')");
  await sql(
    'objects',
    `do $$ declare o oid; begin for o in select oid from pg_largeobject_metadata loop
    execute format('grant select on large object %s to bak', o); end loop; end $$`,
  );
  await sql(
    'postgres',
    `alter database "Shop" owner to "Ünï röle"; alter database latin owner to app;
    revoke connect on database "with space" from public; grant connect on database "with space" to app, bak;
    comment on database icu is 'It''s "sorted"'; alter database icu connection limit 7;
    alter database ascii set search_path to "$user", public, "a b"; alter role app in database icu set work_mem to '8MB';
    revoke connect on database "no rights" from public; alter database closed allow_connections false`,
  );
}

setTheScene(fill);

/** What pg_dumpall says of a cluster, but for words that are new in each dump. */
async function dumpAll(of: Cluster): Promise<string> {
  const { stdout } = await promisify(execFile)(`${clientPrograms(15)}/pg_dumpall`, ['-d', of.url('postgres')], {
    maxBuffer: 1e9,
    encoding: 'latin1',
    env: { ...process.env, PGPASSWORD: of.superuser.password },
  });
  return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

test('a cluster is backed up with one record, lost, and brought back with one command', async () => {
  const bak = { user: 'bak', password: 'bak' };
  await account.add({
    name: 'main',
    'all-databases': true,
    'connection-string': cluster.url('postgres', bak),
    destination: `file:${account.folder.at('backups')}`,
    'archive-password': 'secret',
    'keep-last': 3,
  });
  const first = await account.results('--force', '--jobs-per-host', '2');
  const failed = first.filter(({ status }) => status !== 'success');
  expect(failed).toMatchObject([
    {
      name: 'main/no rights',
      status: 'failed',
      error: expect.stringContaining('GRANT CONNECT ON DATABASE "no rights" TO bak'),
    },
  ]);
  await cluster.sql('postgres', 'grant connect on database "no rights" to bak');
  // The next run backs up what failed, and only that.
  const second = (await account.results()).filter(({ status }) => status !== 'skipped');
  expect(second).toMatchObject([{ name: 'main/no rights', status: 'success' }]);
  const results = [...first.filter(({ status }) => status === 'success'), ...second];
  const open = Object.keys(NAMES).filter((name) => name !== 'closed');
  expect(results.map(({ name }) => name).toSorted()).toEqual(
    ['globals', 'postgres', ...open].map((name) => `main/${name}`).toSorted(),
  );
  expect(results.find(({ name }) => name === 'main/100%')?.objectName).toBe('main/100%25.sql.7z');
  expect(results.find(({ name }) => name === 'main/a/b')?.objectName).toBe('main/a%2Fb.sql.7z');

  await using fresh = await startCluster();
  const { status, stdout, stderr } = await account.pgbak(
    'restore',
    'main',
    '--all-databases',
    '--to',
    fresh.url('postgres'),
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain('All of it was restored.');
  // A database that takes no connections cannot be dumped, by pg_dumpall neither.
  expect(await dumpAll(fresh)).toBe(await dumpAll(cluster));

  // What is there stays: each database with tables fails, and the table says why.
  await fresh.sql('Shop', 'delete from "T ä"');
  const again = await account.pgbak('restore', 'main', '--all-databases', '--to', fresh.url('postgres'));
  expect(again).toMatchObject({ status: 1 });
  expect(again.stdout).toMatch(/main\/Shop .* failed .*is not empty/);
  expect(await fresh.sql('Shop', 'select count(*) from "T ä"')).toBe('0');
}, 600_000);
