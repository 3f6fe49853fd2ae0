import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
let account: Account;

beforeAll(async () => {
  cluster = await startCluster();
  account = newAccount();
  await cluster.createDatabase('good');
  await cluster.sql('good', `${LARGE_OBJECTS} create table note (text text); insert into note values ('new');`);
  await cluster.createDatabase('bad');
  // What a restore makes anew at its very end, and cannot: the data of large objects has been loaded by then.
  await cluster.sql(
    'bad',
    `${LARGE_OBJECTS} create table cfg (id int primary key);
     create function ready() returns int language plpgsql as $$ begin
       if current_database() like 'target%' then raise 'not here'; end if;
       return 1;
     end $$;
     create materialized view late as select ready() as a;`,
  );
  for (const name of ['good', 'bad']) {
    for (const format of ['sql', 'binary']) {
      const flags = {
        format,
        'min-size': 1,
        'connection-string': cluster.url(name),
        destination: `file:${account.folder.at(name)}`,
      };
      expect(
        await account.add({ name: `${name}-${format}`, 'archive-name': `${name}-${format}`, ...flags }),
      ).toMatchObject({ status: 0 });
    }
  }
  expect((await account.results('--force')).map(({ status }) => status)).toEqual(Array(4).fill('success'));
});

afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const LARGE_OBJECTS = String.raw`select lo_from_bytea(4711, '\xdead'); select lo_from_bytea(4712, decode(repeat('ab', 50000), 'hex'));`;

let number = 0;
let target = '';
beforeEach(async () => {
  target = `target_${(number += 1)}`;
  await cluster.createDatabase(target);
});

const restore = (server: string, ...flags: string[]) =>
  account.pgbak('restore', server, '--to', cluster.url(target), ...flags);
const tables = () =>
  cluster.sql(target, "select string_agg(tablename, ',' order by 1) from pg_tables where schemaname = 'public'");
const largeObjects = () =>
  cluster.sql(
    target,
    "select string_agg(oid || ':' || md5(lo_get(oid)), ',' order by oid) from pg_largeobject_metadata",
  );

test.each(['sql', 'binary'])(
  'a %s dump that fails behind its large objects leaves what was there {refused@load}',
  async (format) => {
    await cluster.sql(
      target,
      'create table precious as select generate_series(1, 5) as n; select lo_from_bytea(99, $$\\x01$$)',
    );
    const objects = await largeObjects();
    expect(await restore(`bad-${format}`, '--clean', '--yes')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/nothing was restored: .*not here/) as unknown,
    });
    expect(await cluster.sql(target, 'select count(*) from precious')).toBe('5');
    expect(await tables()).toBe('precious');
    expect(await largeObjects()).toBe(objects);
  },
);

test.each(['sql', 'binary'])(
  'a %s dump that fails behind its large objects leaves an empty database empty {refused@load}',
  async (format) => {
    expect(await restore(`bad-${format}`)).toMatchObject({ status: 1 });
    expect([await tables(), await largeObjects()]).toEqual(['', '']);
  },
);

test.each(['sql', 'binary'])('a %s dump replaces what is there, large objects as well', async (format) => {
  await cluster.sql(target, 'create table old (a int); select lo_from_bytea(99, $$\\x01$$)');
  expect(await restore(`good-${format}`, '--clean', '--yes')).toMatchObject({ status: 0 });
  expect(await tables()).toBe('note');
  expect(await largeObjects()).toBe(
    await cluster.sql(
      'good',
      "select string_agg(oid || ':' || md5(lo_get(oid)), ',' order by oid) from pg_largeobject_metadata",
    ),
  );
});
