import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { findClientPrograms } from '../../src/postgres/client-programs.ts';
import { parseConnection } from '../../src/postgres/connection.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { programEnvironment } from '../../src/postgres/program-environment.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { newAccount } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

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

/** Domains and views of these names are found first where one of pg_catalog's is meant, and named without it. */
const DOMAINS = ['text', 'name', 'oid', 'regclass', 'json', 'jsonb', 'int8'];
const VIEWS = ['pg_class', 'pg_namespace', 'pg_database', 'pg_roles', 'pg_settings', 'pg_proc', 'pg_type'];

/** How a session may begin: as pgbak's own do, or as those of PostgreSQL's programs. */
const SAFE_BEGINNING =
  /^(?:begin [\w ,]*|set default_transaction_read_only = off) ?; select pg_catalog\.set_config\('search_path', '', (?:true|false)\)|^SELECT pg_catalog\.set_config\('search_path', '', false\);/;

describe.each(['installed', 13] as const)('with a server that is %s,', (server) => {
  let cluster: Cluster;
  beforeAll(async () => {
    const logging = ['log_statement=all', 'logging_collector=on', 'log_line_prefix=%c|%a|'];
    cluster = await startCluster({ server, settings: logging });
    await cluster.createDatabase('shop');
    await cluster.sql('postgres', "create role mallory login password 'mallory'");
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test('a role that may create in public stays what it is when pgbak works with its database {hostile@connect, hostile@dump, hostile@scratch, hostile@load}', async () => {
    const attack = `begin if current_setting('is_superuser') = 'on' then alter role mallory superuser; end if; return null; end`;
    const statements = [
      'grant all on schema public to mallory; alter database shop owner to mallory',
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
      `create function public.is_evil() returns bool language plpgsql as $$ ${attack} $$`,
      ...DOMAINS.map((name) => `create domain public."${name}" as pg_catalog.int4 check (public.is_evil())`),
      ...VIEWS.map(
        (name) => `create view public.${name} as select c.* from pg_catalog.${name} c where public.is_evil()`,
      ),
      // What it is looked up in first, for every role that has no path of its own.
      'alter database shop set search_path = public, pg_catalog',
    ];
    const mixed = `create function public.evil_mixed(name, text) returns bool language plpgsql as $$ ${attack} $$`;
    statements.splice(3, 0, mixed);
    await cluster.sql('shop', `${statements.join(';\n')};`);

    const log = async () => await cluster.sql('postgres', 'select pg_read_file(pg_current_logfile())');
    const before = (await log()).length;
    using account = newAccount();
    const connection = cluster.url('shop');
    const flags = {
      name: 'shop',
      'connection-string': connection,
      destination: `file:${account.folder.at('backups')}`,
    };
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
    const logged = (await log()).slice(before);
    expect(await cluster.sql('postgres', "select rolsuper from pg_roles where rolname = 'mallory'")).toBe('f');

    const beginnings = new Map<string, string>();
    for (const [, session = '', words = ''] of logged.matchAll(/^([\da-f.]+)\|[^|]*\|LOG: {2}statement: (.*)$/gm)) {
      if (!beginnings.has(session)) beginnings.set(session, words);
    }
    const own = [...beginnings.values()].filter((words) => !words.startsWith('select pg_read_file'));
    expect(own.length).toBeGreaterThan(40);
    expect(own.filter((words) => !SAFE_BEGINNING.test(words))).toEqual([]);
  });

  test('a view that its owner puts in the place of a table while rows are counted runs no function {hostile@dump}', async () => {
    await cluster.createDatabase('swapped');
    await cluster.sql(
      'swapped',
      `create table victim (n int);
       create function evil() returns bool language plpgsql as $$ begin raise exception 'evil was run'; end $$`,
    );
    const { signal } = new AbortController();
    const environment = programEnvironment({ PATH: process.env['PATH'] });
    const found = await findClientPrograms({ override: undefined, searchPath: process.env['PATH'] ?? '', signal });
    await using snapshot = await openSnapshot(
      openDatabase(parseConnection(new Secret(cluster.url('swapped'))), { found, environment, signal }),
      { excludeTables: [], excludeTableData: [], excludeSchemas: [], lockWaitSeconds: 20, limitMs: 60_000 },
    );
    const lock = (isGranted: boolean) =>
      `select from pg_locks where ${isGranted ? '' : 'not'} granted and relation = 'public.victim'::regclass`;
    const swap = cluster.sql(
      'swapped',
      `begin; lock table victim;
       do $$ begin for i in 1..400 loop perform pg_sleep(0.05); exit when exists (${lock(false)}); end loop; end $$;
       alter table victim rename to elsewhere; create view victim as select 1 as n where evil(); commit`,
    );
    while ((await cluster.sql('swapped', `select exists (${lock(true)})`)) === 'f');
    await expect(snapshot.countRows()).rejects.toThrow(/view "victim" is restricted/);
    await swap;
  });
});
