import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { EMPTY_DATABASE } from '../../src/restore/load/empty-database.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';

const ALL_KINDS = readFileSync(new URL('../support/postgres/all-kinds.sql', import.meta.url), 'utf8');

/** Everything in a database that PostgreSQL does not bring itself, looked for in every catalogue that there is. */
const WHAT_IS_LEFT = `
select relname || ' ' || (xpath('//count/text()', query_to_xml(
    format('select count(*) from pg_catalog.%I where oid >= 16384', relname), false, false, '')))[1]
  from pg_class where relkind = 'r' and not relisshared and relnamespace = 'pg_catalog'::regnamespace
    and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'oid')
union all select 'dependency ' || pg_describe_object(classid, objid, objsubid) from pg_depend
  where objid >= 16384 or refobjid >= 16384
union all select concat_ws(' ', 'schema', nspname, nspacl, nspowner::regrole, obj_description(oid, 'pg_namespace'))
  from pg_namespace where nspname !~ 'temp'
union all select 'comment ' || description from pg_description where objoid >= 16384
union all select format('privileges on %s %s: %s', relname, attname, sorted.acl) from (
    select relname::text, '' as attname, relacl::text[] as acl from pg_class where relacl is not null
    union all select attrelid::regclass::text, attname, attacl::text[] from pg_attribute where attacl is not null
    union all select oid::regprocedure::text, '', coalesce(proacl, acldefault('f', proowner))::text[] from pg_proc
    union all select typname, '', coalesce(typacl, acldefault('T', typowner))::text[] from pg_type
    union all select lanname, '', coalesce(lanacl, acldefault('l', lanowner))::text[] from pg_language) as given,
  lateral (select array(select unnest(given.acl) order by 1) as acl) as sorted
union all select 'initial privileges ' || count(*) from pg_init_privs
order by 1`;

test.each(['installed', 13, 17, 18] as const)(
  'a database of PostgreSQL %s that was emptied is as a new one, whatever was in it',
  async (server) => {
    await using cluster = await startCluster({ server });
    await cluster.sql('postgres', 'create role ro; create role own1; create database fresh template template0');
    await cluster.createDatabase('full');
    await cluster.sql('full', `set client_min_messages = error; ${ALL_KINDS}`);
    expect((await cluster.sql('full', WHAT_IS_LEFT)).split('\n').length).toBeGreaterThan(100);
    await cluster.sql('full', `begin; select set_config('search_path', '', true); ${EMPTY_DATABASE} commit;`);
    expect(await cluster.sql('full', WHAT_IS_LEFT)).toBe(await cluster.sql('fresh', WHAT_IS_LEFT));
  },
);

test('an extension that the role does not own stays, and a subscription is refused before anything goes {refused@load}', async () => {
  await using cluster = await startCluster();
  await cluster.sql('postgres', 'create role app login password $$app$$; create database shop owner app');
  await cluster.sql('shop', 'create extension citext; create table public.a (a int); alter table a owner to app');
  await cluster.sql('shop', `set session authorization app; begin; ${EMPTY_DATABASE} commit;`);
  expect(await cluster.sql('shop', 'select extname from pg_extension order by 1')).toBe('citext\nplpgsql');
  expect(await cluster.sql('shop', "select count(*) from pg_tables where schemaname = 'public'")).toBe('0');

  await cluster.sql(
    'shop',
    `create table kept (a int); create subscription sub connection 'dbname=shop' publication p with (connect = false)`,
  );
  await expect(cluster.sql('shop', `begin; ${EMPTY_DATABASE} commit;`)).rejects.toThrow(/has subscriptions.*sub/s);
  expect(await cluster.sql('shop', "select count(*) from pg_tables where tablename = 'kept'")).toBe('1');
});

test('one that has lost plpgsql gets it back, as a new one has it {gone@load}', async () => {
  await using cluster = await startCluster();
  await cluster.sql('postgres', 'drop extension plpgsql');
  await cluster.sql('postgres', `begin; ${EMPTY_DATABASE} commit;`);
  expect(await cluster.sql('postgres', 'select extname from pg_extension')).toBe('plpgsql');
});
