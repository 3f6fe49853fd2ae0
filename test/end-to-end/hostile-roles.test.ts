import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('postgres', "create role mallory login password 'mallory'");
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** Of every type that pgbak's questions compare, and of every function that they call with one of these. */
const TYPES = ['name', 'text', 'oid', 'int4', 'int8', '"char"', 'bool'];
const OPERATORS = ['=', '<>', '~', '!~', '~~', '||', '<', '>', '<=', '>=', '+', '-'];
const FUNCTIONS = [
  'format(text, text)',
  'quote_ident(text)',
  'current_setting(text)',
  'count()',
  'pg_database_size(name)',
  'has_table_privilege(oid, text)',
  'has_schema_privilege(oid, text)',
  'to_json(text)',
  'lower(text)',
  'split_part(text, text, int4)',
  'coalesce(text, text)',
  'substring(text, text)',
  'string_agg(text, text)',
  'set_config(text, text, bool)',
  'upper(text)',
  'pg_encoding_to_char(int4)',
];

test('a role that may create in public stays what it is when pgbak works with its database {hostile@connect, hostile@dump, hostile@scratch, hostile@load}', async () => {
  const attack = `begin if current_setting('is_superuser') = 'on' then alter role mallory superuser; end if; return null; end`;
  const statements = [
    'grant all on schema public to mallory; grant create on database shop to mallory',
    'set role mallory',
    'create table victim as select 1 as n',
    ...TYPES.flatMap((type) => [
      `create function public.evil(${type}, ${type}) returns bool language plpgsql as $$ ${attack} $$`,
      ...OPERATORS.map(
        (operator) =>
          `create operator public.${operator} (leftarg = ${type}, rightarg = ${type}, function = public.evil)`,
      ),
    ]),
    ...FUNCTIONS.filter((one) => !one.startsWith('coalesce')).map(
      (signature) => `create function public.${signature} returns text language plpgsql as $$ ${attack} $$`,
    ),
    `create operator public.!~ (leftarg = name, rightarg = text, function = public.evil_mixed)`,
  ];
  const mixed = `create function public.evil_mixed(name, text) returns bool language plpgsql as $$ ${attack} $$`;
  statements.splice(3, 0, mixed);
  await cluster.sql('shop', `${statements.join(';\n')};`);

  using account = newAccount();
  const connection = cluster.url('shop');
  const flags = { name: 'shop', 'connection-string': connection, destination: `file:${account.folder.at('backups')}` };
  expect(await account.add({ ...flags, 'include-globals': true, 'count-rows': true, 'min-size': 1 })).toMatchObject({
    status: 0,
  });
  expect(await account.results()).toMatchObject([{ status: 'success' }]);
  await account.pgbak('doctor');
  const all = [
    ['verify', 'shop', '--level', 'restore', '--scratch-url', cluster.url('postgres')],
    ['restore', 'shop', '--create', '--globals', '--to', cluster.url('again')],
    ['restore', 'shop', '--clean', '--yes', '--to', connection],
  ];
  for (const words of all) expect(await account.pgbak(...words)).toMatchObject({ status: 0 });
  expect(await cluster.sql('postgres', "select rolsuper from pg_roles where rolname = 'mallory'")).toBe('f');
});
