import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
let account: Account;
let count = 0;
const settings = ['autovacuum=off'];
beforeAll(async () => {
  cluster = await startCluster({ settings });
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => {
  account[Symbol.dispose]();
});

/** Makes a database by a script and backs it up; returns what restores it. */
async function backedUp(script: string, flags: Record<string, string | number | true> = {}) {
  const name = `source_${(count += 1)}`;
  await cluster.createDatabase(name);
  await cluster.sql(name, script);
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name, 'connection-string': cluster.url(name), destination, 'min-size': 1, ...flags });
  expect(await account.pgbak('run')).toMatchObject({ status: 0 });
  return (to: string, ...more: string[]) => account.pgbak('restore', name, '--to', to, ...more);
}

const newName = () => `target_${(count += 1)}`;

describe('planner statistics', () => {
  const analyzed = (database: string) =>
    cluster.sql(
      database,
      "select string_agg(distinct tablename, ',' order by tablename) from pg_stats where schemaname = 'public'",
    );

  test.each(['sql', 'binary'])('are gathered after a %s backup was restored, unless --no-analyze', async (format) => {
    const script = `create table "Odd ""name" as select generate_series(1, 99) as n;
      create table parted (n int) partition by range (n);
      create table part_1 partition of parted for values from (0) to (9); insert into parted values (1), (2);
      create materialized view seen as select 1 as one`;
    const restore = await backedUp(script, { format });
    const [with_, without] = [newName(), newName()];
    expect(await restore(cluster.url(with_), '--create')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/then planner statistics are gathered \(ANALYZE\)/),
    });
    expect(await analyzed(with_)).toBe('Odd "name,part_1,parted,seen');
    const { status, stderr } = await restore(cluster.url(without), '--create', '--no-analyze');
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/ANALYZE/) });
    expect(await analyzed(without)).toBe('');
    if (format !== 'binary') return;
    const part = newName();
    expect(await restore(cluster.url(part), '--create', '--table', 'Odd "name')).toMatchObject({ status: 0 });
    expect(await analyzed(part)).toBe('Odd "name');
  });

  test('that cannot be gathered are a warning, since all of the dump is there {refused@load}', async () => {
    const restore = await backedUp(`create table ordinary as select 1 as n; create table picky as select 1 as n;
      create function f(n int) returns int immutable language plpgsql as
        $$ begin if current_query() ~* 'analyze' then raise 'not now'; end if; return n; end $$;
      create index on picky (f(n))`);
    const database = newName();
    expect(await restore(cluster.url(database), '--create')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/warning: 1 of 2 tables have no planner statistics: .*not now.*run: ANALYZE/s),
    });
    expect(await cluster.sql(database, 'select n from picky')).toBe('1');
    expect(await analyzed(database)).toBe('ordinary');
  });
});

test('an older target is told before anything is loaded, and what that means {refused@load}', async () => {
  await using older = await startCluster({ server: 13 });
  const restore = await backedUp(
    `create table t as select 1 as n; create function one() returns int begin atomic select 1; end`,
  );
  const to = older.url('postgres');
  const { status, stderr } = await restore(to);
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^the backup is of PostgreSQL 15, and the target is older, 13: .*BEGIN ATOMIC.*\(14\)/m,
    ),
  });
  expect(stderr).toMatch(/nothing was restored: .*syntax error.*\n.*newer PostgreSQL/);
  expect(await older.sql('postgres', "select count(*) from pg_tables where schemaname = 'public'")).toBe('0');
});
