import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAccount, type Account, type Finished } from '../support/pgbak.ts';
import { contentsOf } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

const SOURCE = readFileSync(new URL('restore-parts.sql', import.meta.url), 'utf8');

let cluster: Cluster;
let account: Account;
let count = 0;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', SOURCE);
  account = newAccount();
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    format: 'binary',
  });
  expect(await account.pgbak('run')).toMatchObject({ status: 0 });
});
afterAll(async () => {
  expect(readdirSync(account.temporary)).toEqual([]);
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const restore = (database: string, ...flags: string[]): Promise<Finished> =>
  account.pgbak('restore', 'shop', '--to', cluster.url(database), ...flags);

/** A database of its own for a test, with `before` in it. */
async function newTarget(before = ''): Promise<string> {
  const database = `target_${(count += 1)}`;
  await cluster.createDatabase(database);
  if (before !== '') await cluster.sql(database, before);
  return database;
}

async function restored(before: string, ...flags: string[]): Promise<{ database: string; said: string }> {
  const database = await newTarget(before);
  const { status, stdout, stderr } = await restore(database, ...flags);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return { database, said: `${stdout}${stderr}` };
}

async function refused(database: string, ...flags: string[]): Promise<string> {
  const before = await contentsOf(cluster, database);
  const { status, stdout, stderr } = await restore(database, ...flags);
  expect({ status, stdout, stderr }).toMatchObject({ status: 1, stdout: '' });
  expect(await contentsOf(cluster, database)).toBe(before);
  return stderr;
}

const tables = (database: string) =>
  cluster.sql(
    database,
    `select string_agg(relname || coalesce('<' || (select inhparent::regclass from pg_inherits where inhrelid = c.oid), ''), ' '
      order by relname) from pg_class c where relkind in ('r', 'p') and relnamespace::regnamespace::text !~ '^pg_|^information'`,
  );

describe('--table', () => {
  test('brings a partitioned table with its partitions of every level, attached, and tells the rows {gone@load}', async () => {
    const { database, said } = await restored('', '--table', 'p');
    expect(said).toMatch(/^Restored 5 tables with 12 rows of backup 1 of shop, made \S+ \S+ UTC, into /m);
    expect(said).toMatch(
      /left out: foreign key p_cust_fkey of public.p, because the target lacks table public.customer/,
    );
    expect(await tables(database)).toBe('p p1<p p2<p p2a<p2 p2d<p2');
    expect(await cluster.sql(database, 'select count(*), count(distinct tableoid) from p')).toBe('12|3');
    const indexes =
      "select count(*), bool_and(indisvalid) from pg_index i where indrelid::regclass::text ~ '^p[12ad]*$'";
    expect(await cluster.sql(database, indexes)).toBe('10|t');
    // The new partitioned table takes rows.
    await cluster.sql(database, "insert into p values (9, '2026-02-01')");
  });

  test('attaches a partition to the table that the target has, and says where there is none', async () => {
    const { database, said } = await restored('', '--table', 'p2');
    expect(said).toMatch(/public.p2 is not attached to its parent: the target lacks table public.p/);
    expect(await tables(database)).toBe('p2 p2a<p2 p2d<p2');

    const whole = await newTarget();
    expect(await restore(whole)).toMatchObject({ status: 0 });
    await cluster.sql(whole, 'drop table p1');
    expect(await restore(whole, '--table', 'p1')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Restored 1 table with 5 rows/),
    });
    expect(await contentsOf(cluster, whole)).toBe(await contentsOf(cluster, 'shop'));
  });

  test('brings sequences, defaults, identity, indexes, policies, privileges and comments; with --bare none', async () => {
    const { database } = await restored('', '--table', 'customer', '--table', 'orders');
    expect(await cluster.sql(database, "insert into customer(name) values ('new') returning id")).toBe('10');
    expect(await cluster.sql(database, 'insert into orders(total) values (5) returning id, tax')).toBe('21|1.0');
    const about = `select (select count(*) from pg_index where indrelid in ('customer'::regclass, 'orders'::regclass)),
      (select count(*) from pg_constraint where contype = 'f'), (select count(*) from pg_policy),
      (select count(*) from pg_trigger where not tgisinternal), (select count(*) from pg_statistic_ext),
      obj_description('customer'::regclass), has_table_privilege('clerk', 'customer', 'select')`;
    expect(await cluster.sql(database, about)).toBe('4|1|1|1|1|c|t');

    const bare = await restored("create type mood as enum ('sad', 'ok')", '--table', 'customer', '--bare');
    expect(bare.said).toMatch(/Restored 1 table with 9 rows/);
    expect(
      await cluster.sql(
        bare.database,
        "select count(*), count(*) filter (where indrelid = 'customer'::regclass) from pg_index where indrelid = 'customer'::regclass",
      ),
    ).toBe('0|0');
    expect(await cluster.sql(bare.database, 'select count(*) from pg_attrdef')).toBe('1');
  });

  test.each([
    ['sales.deal', 'deal'],
    ['SALES.Deal', 'deal'],
    ['"Mixed Case"."Tab le"', 'Tab le'],
    ['Mixed Case.Tab le', 'Tab le'],
    ['Line Item', 'Line Item'],
    ['ORDERS', 'orders'],
  ])('takes the name %s as it stands, or as SQL reads it', async (given, name) => {
    const { database } = await restored('', '--table', given);
    expect(await tables(database)).toBe(name);
  });

  test('brings what a table needs and the target lacks, and leaves out what needs another table', async () => {
    const { database, said } = await restored('', '--table', 'sales.deal');
    expect(said).toMatch(/restored as well, because it is needed: extension citext, schema sales, type public.mood/);
    expect(said).toMatch(/left out: sales.deal in its publication, because the target lacks publication pp/);
    expect(await cluster.sql(database, "insert into sales.deal(who, m) values ('x', 'ok') returning id")).toBe('3');
  });

  test('says that large objects stay behind, where rows may refer to some', async () => {
    expect((await restored('', '--table', 'uses_free')).said).toMatch(
      /left out: large objects, to which rows of public.uses_free may refer\. Only a restore of the whole backup brings them/,
    );
    expect((await restored('', '--table', 'base')).said).not.toMatch(/large objects/);
  });

  test('brings the tables that inherit from one', async () => {
    const { database } = await restored('', '--table', 'base');
    expect(await cluster.sql(database, 'select count(*) from base')).toBe('2');
    expect(await tables(database)).toBe('base child<base');
  });

  test.each([
    [['--table', 'nosuch'], /the backup holds no table nosuch\n.*public\.customer/],
    [['--schema', 'sales', '--table', 'orders'], /the backup holds no table orders in sales/],
    [['--schema', 'nosuch'], /the backup holds no schema nosuch\n.*sales/],
    [['--table', 'v'], /view public.v needs table public.customer.*\n.*--table public.v --table public.customer/],
    [['--table', 'p', '--data-only'], /the target lacks public.p1, public.p2a, public.p2d/],
  ])('%j is refused with the reason {gone@load}', async (flags, reason) => {
    expect(await refused(await newTarget(), ...flags)).toMatch(reason);
  });

  test('a table that is there already is not restored over {replaced@load}', async () => {
    const database = await newTarget('create table p2a (mine int); insert into p2a values (1)');
    expect(await refused(database, '--table', 'p')).toMatch(/holds these already.*: public.p2a\n.*--data-only/);
  });
});

describe('--schema', () => {
  test('makes the schema as it was, and names what cannot come along', async () => {
    const { database, said } = await restored('', '--schema', 'sales');
    expect(said).toMatch(/Restored 2 tables with 3 rows/);
    expect(said).toMatch(/left out: view sales.vv, because the target lacks table public.customer/);
    expect(said).toMatch(/left out: sales.deal in its publication, because the target lacks publication pp/);
    expect(said).toMatch(/left out: foreign key deal_customer_fkey of sales.deal/);
    const about = `select nspowner::regrole, obj_description(oid, 'pg_namespace'), has_schema_privilege('clerk', oid, 'usage'),
      (select count(*) from pg_default_acl) from pg_namespace where nspname = 'sales'`;
    expect(await cluster.sql(database, about)).toBe('seller|the sales|t|1');
  });

  test('into a schema that is there, which stays as it is', async () => {
    const { database, said } = await restored(
      "create schema sales; comment on schema sales is 'mine'",
      '--schema',
      'sales',
    );
    expect(said).toMatch(/the schema sales exists already: its owner, privileges and comment stay/);
    expect(await cluster.sql(database, "select obj_description('sales'::regnamespace, 'pg_namespace')")).toBe('mine');
  });

  test('of all schemas is all that they hold', async () => {
    const { database } = await restored('', '--schema', 'sales', '--schema', 'public', '--schema', 'Mixed Case');
    await cluster.sql('postgres', 'create database copy template shop');
    // These stand in no schema.
    await cluster.sql('copy', 'drop publication pp; select lo_unlink(oid) from pg_largeobject_metadata');
    expect(await contentsOf(cluster, database)).toBe(await contentsOf(cluster, 'copy'));
  });
});

describe('--data-only', () => {
  test('goes into tables in the order of their foreign keys, with large objects and the values of sequences', async () => {
    const { database, said } = await restored('', '--schema-only');
    expect(said).toMatch(/Restored 15 tables with 0 rows/);
    await cluster.sql(database, 'alter table a drop constraint a_b_fkey');
    expect(await restore(database, '--data-only')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Restored 13 tables with 51 rows/),
    });
    await cluster.sql(database, 'alter table a add foreign key (b) references b deferrable');
    expect(await contentsOf(cluster, database)).toBe(await contentsOf(cluster, 'shop'));
  });

  test('says which foreign keys go round in a circle {refused@load}', async () => {
    const { database } = await restored('', '--table', 'a', '--table', 'b', '--schema-only');
    expect(await refused(database, '--table', 'a', '--table', 'b', '--data-only')).toMatch(
      /foreign keys of public.a, public.b form a circle[\s\S]*nothing was restored.*violates foreign key/,
    );
  });

  test('of one table sets its sequence, so that the next row has a number of its own', async () => {
    const database = await newTarget('create table customer (id serial primary key, name text, m text, n int, h text)');
    expect(await restore(database, '--data-only', '--table', 'customer')).toMatchObject({ status: 0 });
    expect(await cluster.sql(database, 'insert into customer default values returning id')).toBe('10');
  });

  test('never sets a sequence back, and says so {replaced@load}', async () => {
    const database = await newTarget(`create table customer (id serial primary key, name text, m text, n int, h text);
      select setval('customer_id_seq', 100)`);
    expect(await restore(database, '--data-only', '--table', 'customer')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/sequence public.customer_id_seq stays at 100: the backup has the smaller 9/),
    });
    expect(await cluster.sql(database, 'insert into customer default values returning id')).toBe('101');
  });

  test('is no success where a trigger keeps rows out {refused@load}', async () => {
    const database = await newTarget(`create table customer (id serial primary key, name text, m text, n int, h text);
      create function skip() returns trigger language plpgsql as 'begin return null; end';
      create trigger skip before insert on customer for each row execute function skip()`);
    const { status, stdout, stderr } = await restore(database, '--data-only', '--table', 'customer');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /not all of their rows are there: public.customer holds 0 rows instead of the 9 of the backup\n.*trigger/,
    );
  });
});

test('--json tells tables and rows', async () => {
  const database = await newTarget();
  expect(await account.json('restore', 'shop', '--table', 'p', '--to', cluster.url(database))).toMatchObject({
    tables: 5,
    rows: 12,
  });
});
