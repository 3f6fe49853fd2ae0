import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

interface Case {
  content: string;
  flags?: Record<string, string | true>;
}

/** Each in a database of its own, which pgbak knows by the same name. */
const CASES: Record<string, Case> = {
  bootstrap: {
    content: `alter default privileges grant select on tables to shopadmin;
      alter default privileges for role shopadmin in schema public grant execute on functions to public;
      create type mood as enum ('sad', 'glad'); create table feeling (m mood); insert into feeling values ('glad');
      create publication everything for all tables`,
  },
  subscribed: {
    content: `create table t (n int); insert into t values (1);
      create subscription sub connection 'host=127.0.0.1 port=1 dbname=nowhere' publication p with (connect = false)`,
  },
  many: {
    content: `do $$ begin for n in 1..400 loop
      execute pg_catalog.format('create table t%s (id serial primary key, u int unique)', n); end loop; end $$`,
  },
  statements: {
    content: `create extension pg_stat_statements; create view slow as select query from pg_stat_statements;
      create table t (n int)`,
  },
  postgres: { content: `create extension pg_cron; select cron.schedule('job', '0 0 * * *', 'select 1')` },
  missing: {
    content: `set allow_system_table_mods = on; create table t (n int);
      insert into pg_extension select 99999, 'nowhere_ext', extowner, extnamespace, extrelocatable, '1.0', null, null
        from pg_extension where extname = 'plpgsql'`,
    flags: { 'verify-after': 'restore' },
  },
  regrole: {
    content: `create role giver; create role taker; create role "he who""s named" nologin; create role "in $r1$ a list'";
      create table who (r regrole, list regrole[], a aclitem);
      insert into who values ('"he who""s named"', '{"\\"in $r1$ a list''\\""}', 'giver=r/taker')`,
  },
  dictionary: {
    content: `set allow_system_table_mods = on; create table t (n int);
      create text search dictionary synonyms (template = synonym, synonyms = synonym_sample);
      update pg_ts_dict set dictinitoption = 'synonyms = ''nowhere''' where dictname = 'synonyms'`,
    flags: { 'verify-after': 'restore' },
  },
  asks_for_file: {
    content: `create function is_there() returns boolean language sql as $$ select pg_catalog.pg_read_file('fit_marker') = '' $$;
      copy (select 1 where false) to program 'cat > fit_marker'; create table t (n int check (is_there()));
      insert into t values (1)`,
  },
};

interface Seen {
  name: string;
  verdict: string;
  message: string;
}

let source: Cluster;
let other: Cluster;
let account: Account;
/** What a server of pgbak's own says, and one that was named and has nothing of what the source has. */
let own: Seen[];
let named: Seen[];
let toldBefore: string;
let results: Awaited<ReturnType<Account['results']>>;

beforeAll(async () => {
  [source, other] = await Promise.all([
    // As containers make them.
    startCluster({
      superuser: 'shopadmin',
      settings: ['shared_preload_libraries=pg_cron,pg_stat_statements', 'cron.launch_active_jobs=off'],
    }),
    startCluster({ settings: ['max_locks_per_transaction=10', 'max_connections=20'] }),
  ]);
  account = newAccount();
  // Not all of them come back into a server that was named.
  account.env['DB_PATH'] = account.folder.at('home', 'another.sqlite');
  mkdirSync(account.folder.at('backups'));
  for (const [name, { content, flags }] of Object.entries(CASES)) {
    if (name !== 'postgres') await source.createDatabase(name);
    await source.sql(name, content);
    await account.add({
      name,
      'connection-string': source.url(name),
      destination: `file:${account.folder.at('backups')}`,
      'min-size': '1',
      ...flags,
    });
  }
  results = await account.results('--jobs', '2', '--jobs-per-host', '2');
  toldBefore = (await account.pgbak('restore', 'bootstrap', '--create', '--to', other.url('told'))).stderr;
  await other.sql('postgres', 'create role shopadmin superuser');
  own = (await account.json('verify', '--level', 'restore')) as Seen[];
  named = (await account.json('verify', '--level', 'restore', '--scratch-url', other.url('postgres'))) as Seen[];
}, 500_000);
afterAll(async () => {
  account[Symbol.dispose]();
  await Promise.all([source[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

const seenOf = (name: string, all: Seen[]) => all.find((one) => one.name === name);

test.each([
  ['what belongs to the superuser that initdb was told to make', 'bootstrap'],
  ['a subscription, which connects to nothing', 'subscribed'],
  ['more tables than a server can usually lock at once {refused@scratch}', 'many'],
  ['a view of pg_stat_statements', 'statements'],
  ['pg_cron and its jobs {refused@scratch}', 'postgres'],
  ['columns that name roles, of odd names {hostile@scratch}', 'regrole'],
])('a backup is good in a server made for it that holds %s', (_what, name) => {
  expect(results.find((one) => one.name === name)).toMatchObject({ status: 'success', warnings: [] });
  expect(seenOf(name, own)).toMatchObject({ verdict: 'good' });
});

test('what an extension that is not installed keeps from being judged counts, with a warning {gone@scratch}', async () => {
  const reason = /extension nowhere_ext is not installed here\. Install it for PostgreSQL \d+ where pgbak verifies/;
  expect(results.find((one) => one.name === 'missing')).toMatchObject({
    status: 'success',
    warnings: [expect.stringMatching(reason)],
  });
  expect(await account.json('backups', 'missing')).toHaveLength(1);
  for (const all of [own, named]) {
    expect(seenOf('missing', all)).toMatchObject({ verdict: 'unknown', message: expect.stringMatching(reason) });
  }
});

test('what a dictionary whose file is not there keeps from being judged counts, with a warning {gone@scratch}', async () => {
  const reason = /could not open synonym file ".*nowhere.*file that the server for throwaway databases does not have/;
  expect(results.find((one) => one.name === 'dictionary')).toMatchObject({
    status: 'success',
    warnings: [expect.stringMatching(reason)],
  });
  for (const all of [own, named]) {
    expect(seenOf('dictionary', all)).toMatchObject({ verdict: 'unknown', message: expect.stringMatching(reason) });
  }
});

test.each([
  ['a table lock too many {refused@scratch}', 'many', /Raise max_locks_per_transaction/],
  ['a library that is not loaded {refused@scratch}', 'postgres', /cron[^]*Leave --scratch-url out/],
  [
    'a file that the server of the source has {gone@scratch}',
    'asks_for_file',
    /file that the server for throwaway databases does not have/,
  ],
  ['a role that only data name {gone@scratch}', 'regrole', /role "he who"s named" does not exist/],
])('in a server that was named nothing is bad for want of %s', (_what, name, reason) => {
  expect(seenOf(name, named)).toMatchObject({ verdict: 'unknown', message: expect.stringMatching(reason) });
});

test('a server that was named keeps nothing, neither databases nor subscriptions', async () => {
  for (const name of ['bootstrap', 'subscribed', 'statements']) {
    expect(seenOf(name, named)).toMatchObject({ verdict: 'good' });
  }
  expect(await other.sql('postgres', 'select datname from pg_database order by 1')).toBe(
    'postgres\ntemplate0\ntemplate1',
  );
  expect(await other.sql('postgres', 'select count(*) from pg_subscription')).toBe('0');
});

test('a restore says before which roles are missing, and what to raise where a server cannot lock enough {gone@load, refused@load}', async () => {
  expect(toldBefore).toMatch(/the dump names roles that the server lacks: shopadmin; create them first/);
  expect(await account.pgbak('restore', 'many', '--create', '--to', other.url('too_many'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/out of shared memory[^]*max_locks_per_transaction/),
  });
  expect(await other.sql('postgres', "select count(*) from pg_database where datname = 'too_many'")).toBe('0');
});

test('all of a LATIN1 cluster comes back, roles of its own letters and all {hostile@dump, hostile@scratch}', async () => {
  await using latin = await startCluster({ initdb: ['-E', 'LATIN1', '--locale=C'] });
  await latin.sql(
    'postgres',
    `set client_encoding = utf8; create role "jürgen" login password 'x'; comment on role "jürgen" is 'für ä';
     create role "größe"; grant "größe" to "jürgen"; create database letters owner "jürgen"`,
  );
  const content = `set client_encoding = utf8; create table "tö" (n text); insert into "tö" values ('ß');
     alter table "tö" owner to "jürgen"; grant select on "tö" to "größe"; create table who (r regrole); insert into who values ('"größe"')`;
  await latin.sql('letters', content);
  using mine = newAccount();
  await mine.add({
    name: 'latin',
    'connection-string': latin.url('letters'),
    destination: `file:${mine.folder.at('backups')}`,
    'min-size': '1',
    'include-globals': true,
  });
  expect(await mine.results()).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(await mine.json('verify', '--level', 'restore')).toMatchObject([
    { verdict: 'good', message: expect.stringMatching(/2 tables with 2 rows/) },
  ]);
  await latin.sql(
    'postgres',
    'set client_encoding = utf8; drop database letters; drop role "jürgen"; drop role "größe"',
  );
  expect(await mine.pgbak('restore', 'latin', '--create', '--globals', '--to', latin.url('letters'))).toMatchObject({
    status: 0,
  });
  const seen = `set client_encoding = utf8; select n, tableowner, shobj_description(to_regrole('"jürgen"'), 'pg_authid'),
    pg_has_role('jürgen', 'größe', 'member'), r from "tö", pg_tables, who where tablename = 'tö'`;
  expect(await latin.sql('letters', seen)).toBe('ß|jürgen|für ä|t|"größe"');
}, 300_000);
