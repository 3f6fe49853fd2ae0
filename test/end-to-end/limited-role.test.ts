import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

const maker = { user: 'maker', password: 'maker' };
let cluster: Cluster;
let account: Account;
let count = 0;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.sql(
    'postgres',
    `create role maker login createdb password 'maker'; create role boss; create role grantor; create role reader`,
  );
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => {
  account[Symbol.dispose]();
});

const SHOP = `create extension hstore; comment on extension hstore is 'ours; '' now';
  comment on schema public is 'ours, too';
  create table t (n int primary key, owner text default 'to boss'); insert into t values (1), (2); alter table t owner to boss;
  comment on table t is 'COMMENT ON EXTENSION hstore IS 1;';
  create function f(text) returns text language sql as $$ select 'ALTER TABLE t OWNER TO boss;' $$; alter function f owner to boss;
  set role boss; grant select on t to grantor with grant option; reset role;
  set role grantor; grant select on t to reader; reset role;
  alter default privileges for role boss grant select on tables to reader`;

/** Backs a database up that one role does not own alone; returns what restores it as the role that may only make databases. */
async function backedUp(format: string, script = SHOP) {
  const name = `source_${(count += 1)}`;
  await cluster.createDatabase(name);
  await cluster.sql(name, script);
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name, 'connection-string': cluster.url(name), destination, 'min-size': 1, format });
  expect(await account.pgbak('run')).toMatchObject({ status: 0 });
  return (to: string, ...more: string[]) => account.pgbak('restore', name, '--to', cluster.url(to, maker), ...more);
}

/** A database of the role's own, in which an administrator made the extension. */
async function prepared(): Promise<string> {
  const name = `target_${(count += 1)}`;
  await cluster.sql('postgres', `create database ${name} owner maker`);
  await cluster.sql(name, 'create extension hstore; set role maker; create table old as select 1 as n');
  return name;
}

const about = (database: string) =>
  cluster.sql(
    database,
    `select (select string_agg(relname || ' of ' || pg_get_userbyid(relowner) || ' ' || coalesce(relacl::text, ''), ',' order by relname)
        from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'),
      (select obj_description(oid, 'pg_extension') from pg_extension where extname = 'hstore'),
      (select count(*) from pg_default_acl), obj_description('public.t'::regclass), (select prosrc from pg_proc where proname = 'f')`,
  );

describe.each(['sql', 'binary'])('a role that may only make databases restores a %s backup', (format) => {
  test('over an extension that an administrator made, and says what is left out {denied@load}', async () => {
    const restore = await backedUp(format);
    const database = await prepared();
    const flags = ['--clean', '--yes', '--no-owner', '--no-privileges'];
    expect(await restore(database, ...flags)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        /hstore \(extension\) belongs to another role: not dropped, and the comment in the dump is left out/,
      ),
    });
    expect(await about(database)).toBe(
      "t of maker |data type for storing sets of (key, value) pairs|0|COMMENT ON EXTENSION hstore IS 1;| select 'ALTER TABLE t OWNER TO boss;'",
    );
    expect(await cluster.sql(database, 'select count(*), max(owner) from t')).toBe('2|to boss');
  });

  test('and is told of roles that it is no member of, before and after {denied@load}', async () => {
    const restore = await backedUp(format);
    const database = `target_${(count += 1)}`;
    const { status, stderr } = await restore(database, '--create');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/is not a member of boss.*reader.*GRANT role TO.*--no-owner/),
    });
    expect(stderr).toMatch(/nothing was restored: .*must be member of role "boss"/);
    expect(stderr).toMatch(/GRANT "boss" TO .*--no-owner/);
  });
});

test('privileges that another role than the owner gave come back, for a superuser', async () => {
  await backedUp('sql');
  const [source, target] = [`source_${count}`, `target_${(count += 1)}`];
  expect(await account.pgbak('restore', source, '--create', '--to', cluster.url(target))).toMatchObject({ status: 0 });
  expect(await about(target)).toBe(await about(source));
  expect(await about(target)).toMatch(/reader=r\/grantor/);
});

test.each([
  [
    'an event trigger {denied@load}',
    'create function e() returns event_trigger language plpgsql as $$ begin end $$; create event trigger e on ddl_command_end execute function e()',
  ],
  ['a publication of all tables {denied@load}', 'create publication p for all tables'],
  ['an extension that takes a superuser {denied@load}', 'create extension postgres_fdw'],
])('%s is refused to it with what helps', async (_label, script) => {
  const restore = await backedUp('sql', script);
  const { status, stderr } = await restore(`target_${(count += 1)}`, '--create', '--no-owner');
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /nothing was restored: .*\n.*(?:may not do that.*as a role that may|administrator make it)/,
    ),
  });
});

test('a role that may not even make databases is told so before anything is fetched {denied@load}', async () => {
  const restore = await backedUp('sql', 'create table t (n int)');
  await cluster.sql('postgres', 'alter role maker nocreatedb');
  try {
    const { status, stderr } = await restore('never_made', '--create');
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /the role maker may not create databases on \S+\nAs a superuser: ALTER ROLE maker CREATEDB\. Or name another role in the connection string of --to\.\n$/,
      ),
    });
    expect(stderr).not.toMatch(/fetching/);
  } finally {
    await cluster.sql('postgres', 'alter role maker createdb');
  }
});
