import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { findClientPrograms, type ClientPrograms } from '../../src/postgres/client-programs.ts';
import { connectionTo, parseConnection, type Connection } from '../../src/postgres/connection.ts';
import { findOutlook, type OutlookFields } from '../../src/postgres/dump-concerns.ts';
import { readGlobals } from '../../src/postgres/globals/read-globals.ts';
import { inspectServer } from '../../src/postgres/inspect-server.ts';
import { limitsOfRole } from '../../src/restore/database/role-limits.ts';
import { whatIsThere } from '../../src/restore/parts/ask-target.ts';
import { programEnvironment } from '../../src/postgres/program-environment.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const environment = programEnvironment({ PATH: process.env['PATH'] });
let cluster: Cluster;
let found: ClientPrograms[];
beforeAll(async () => {
  cluster = await startCluster();
  found = await findClientPrograms({ override: undefined, searchPath: process.env['PATH'] ?? '', signal });
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

const server = () => parseConnection(new Secret(cluster.url('postgres')));
const at = (connection: Connection): Database => openDatabase(connection, { found, environment, signal });
const ask = (query: string, connection: Connection = server()) => at(connection).ask(query);

test('rows come back as they are, whatever stands in them', async () => {
  expect(await ask(`select 1, E'a\\tb\\nc', null`)).toEqual([['1', 'a\tb\nc', '']]);
  expect(await ask(`select x, '' from pg_catalog.generate_series(1, 2) x`)).toEqual([
    ['1', ''],
    ['2', ''],
  ]);
  expect(await ask('select null')).toEqual([['']]);
  expect(await ask('select 1 where false')).toEqual([]);
});

test("the user's .psqlrc is not read", async () => {
  using home = temporaryFolder();
  writeFileSync(home.at('.psqlrc'), `\\! touch '${home.at('was read')}'\n`);
  const withHome = programEnvironment({ PATH: process.env['PATH'], HOME: home.path });
  const database = openDatabase(server(), { found, environment: withHome, signal });
  expect(await database.ask('select 1')).toEqual([['1']]);
  expect(existsSync(home.at('was read'))).toBe(false);
});

test('messages are asked for in English, in the character set of the user', () => {
  expect(programEnvironment({ LC_ALL: 'de_DE.UTF-8', LC_MESSAGES: 'de_DE.UTF-8', LANGUAGE: 'de' })).toEqual({
    PATH: expect.any(String),
    PGCONNECT_TIMEOUT: expect.any(String),
    LC_CTYPE: 'de_DE.UTF-8',
    LC_MESSAGES: 'C',
  });
});

test('a session has an empty search path, UTF-8 and no timeout, whatever the role is set to', async () => {
  await cluster.sql(
    'postgres',
    `create role hasty superuser login password 'hasty'; alter role hasty set statement_timeout = 30;
     alter role hasty set idle_in_transaction_session_timeout = 30; alter role hasty set lock_timeout = 30;
     alter role hasty set default_transaction_read_only = on; alter role hasty set search_path = evil, pg_catalog;
     alter role hasty set client_encoding = 'LATIN1'`,
  );
  const hasty = parseConnection(new Secret(cluster.url('postgres', { user: 'hasty', password: 'hasty' })));
  const settings = ['search_path', 'client_encoding', 'statement_timeout', 'lock_timeout'];
  expect(
    await ask(`select ${settings.map((one) => `current_setting('${one}')`).join(', ')} from pg_sleep(0.1)`, hasty),
  ).toEqual([['', 'UTF8', '0', '0']]);
  await ask('create role made_by_hasty', hasty);
  await ask('drop role made_by_hasty', hasty);
  await ask('create database made_by_hasty', hasty);
  await ask('drop database made_by_hasty', hasty);
  await using snapshot = await openSnapshot(at(hasty), { ...NOTHING, lockWaitSeconds: 5, limitMs: 60_000 });
  expect(snapshot.id).toMatch(/^[\dA-F-]+$/);
});

test.each([
  [
    'a statement that the server refuses is told as such, by SQLSTATE {refused@connect}',
    'select * from nix',
    '42P01',
    /refused a statement/,
  ],
  [
    'a database that exists already is no failure to connect {refused@scratch}',
    'create database postgres',
    '42P04',
    /already exists/,
  ],
])('%s', async (_name, query, sqlState, words) => {
  const failed = ask(query);
  await expect(failed).rejects.toMatchObject({ sqlState });
  await expect(failed).rejects.toThrow(words);
  await expect(failed).rejects.not.toThrow(/cannot connect/);
});

test('a session that is ended in the middle says so {lost@connect}', async () => {
  await expect(ask('select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())')).rejects.toThrow(
    /connection to postgres on .* was lost/,
  );
});

describe('names', () => {
  test('of a LATIN1 database are told apart and counted {hostile@dump}', async () => {
    await cluster.sql('postgres', `create database latin encoding 'LATIN1' template template0 locale 'C'`);
    await cluster.sql(
      'latin',
      `set client_encoding = 'UTF8'; create table "tä" as select 1 from generate_series(1, 3);
       create table "tö" as select 1 from generate_series(1, 7)`,
    );
    await using snapshot = await openSnapshot(at(connectionTo(server(), 'latin')), {
      ...NOTHING,
      lockWaitSeconds: 5,
      limitMs: 60_000,
    });
    expect(await snapshot.countRows()).toEqual({ 'public.tä': 3, 'public.tö': 7 });
  });

  test.each(['a=b', 'host=evil', 'postgresql://h', 'new\nline', 'tab\tand"quote'])(
    'of a database may be %j, for globals too {hostile@dump}',
    async (name) => {
      await cluster.createDatabase(name);
      const connection = connectionTo(server(), name);
      expect(await inspectServer(at(connection))).toMatchObject({ database: name });
      const [programs] = found;
      if (programs === undefined) throw new Error('no pg_dump');
      const globals = await readGlobals(at(connection), programs);
      expect(globals.reveal()).toContain('CREATE ROLE');
      expect(globals.reveal()).toContain('ALTER DATABASE :"database" OWNER TO postgres;');
    },
  );

  test('in no known encoding keep their bytes, in questions and globals {damaged@dump}', async () => {
    await cluster.sql('postgres', `create database raw encoding 'SQL_ASCII' template template0 locale 'C'`);
    const raw = connectionTo(server(), 'raw');
    // A lone surrogate stands for the byte 0xFC.
    const name = 'j\udcfcrgen';
    await ask(`create role "${name}"; create table public.t (n int); alter table public.t owner to "${name}"`, raw);
    expect((await inspectServer(at(raw))).roles).toContain(name);
    const [programs] = found;
    if (programs === undefined) throw new Error('no pg_dump');
    const globals = await readGlobals(at(raw), programs);
    expect(globals.reveal()).toContain(`CREATE ROLE "${name}";`);
    const entry = {
      dumpId: 1,
      kind: 'TABLE',
      schema: 'public',
      name,
      owner: '',
      definition: '',
      copyStatement: '',
      dependsOn: [],
    };
    await ask(`create table public."${name}" (n int)`, raw);
    expect((await whatIsThere([entry], at(raw))).has(entry)).toBe(true);
    await ask(`drop table public."${name}"`, raw);
    // Another database of the same server is none the worse for it.
    expect(await limitsOfRole([name], true, at(server()))).toMatchObject({ foreignRoles: [] });
    expect((await readGlobals(at(server()), programs)).reveal()).toContain(name);
    await ask('drop table public.t', raw);
    await ask(`update pg_catalog.pg_database set datallowconn = false where datname = 'raw'`);
    await expect(readGlobals(at(server()), programs)).rejects.toMatchObject({
      hint: expect.stringMatching(/database that takes any bytes.*SQL_ASCII/),
    });
    await ask(`update pg_catalog.pg_database set datallowconn = true where datname = 'raw'`);
    await ask(`drop role "${name}"`, raw);
  });
});

const NOTHING: OutlookFields = {
  excludeTables: [],
  excludeTableData: [],
  excludeSchemas: [],
  noLargeObjects: false,
  includeGlobals: false,
};

describe('before a dump is made', () => {
  beforeAll(async () => {
    await cluster.createDatabase('shop');
    await cluster.sql(
      'shop',
      `create table customer (id int primary key); create table orders (c int references customer);
       create view names as select * from customer; create table "Big" (n int);
       create schema audit; create table audit.log (n int);
       create table part (n int) partition by range (n); create table part1 partition of part for values from (0) to (9);
       insert into customer values (1), (2); insert into part values (1);
       select lo_from_bytea(0, '\\xdead'); create extension postgres_fdw; create server far foreign data wrapper postgres_fdw;
       create user mapping for public server far options (password 'x');
       create role reader login password 'reader'; grant pg_read_all_data to reader;
       create role modest login password 'modest'`,
    );
  });
  const outlook = async (fields: Partial<OutlookFields>, role?: { user: string; password: string }) => {
    const connection = parseConnection(new Secret(cluster.url('shop', role)));
    return await findOutlook(at(connection), { ...NOTHING, ...fields });
  };
  const messages = async (...args: Parameters<typeof outlook>) =>
    (await outlook(...args)).concerns.map(({ message }) => message).join('\n');

  test.each([
    ['excludeTables', 'CUSTOMERS', /--exclude-table CUSTOMERS matches nothing/],
    ['excludeTables', 'Big', /--exclude-table Big matches nothing/],
    ['excludeTables', 'log', /--exclude-table log matches nothing/],
    ['excludeTableData', 'nix.*', /--exclude-table-data nix\.\* matches nothing/],
    ['excludeSchemas', 'Audit.', /--exclude-schema/],
    [
      'excludeTables',
      'customer',
      /cannot be restored.*public\.names \(public\.customer\), public\.orders \(public\.customer\)/,
    ],
    ['excludeTables', 'part', /cannot be restored.*public\.part1 \(public\.part\)/],
    ['excludeTableData', 'customer', /have foreign keys to.*public\.orders \(public\.customer\)/],
  ])('%s %s is warned of', async (field, pattern, words) => {
    expect(await messages({ [field]: [pattern] })).toMatch(words);
  });

  test.each([
    ['excludeTables', '"Big"'],
    ['excludeTables', 'audit.*'],
    ['excludeSchemas', 'AUDIT'],
    ['excludeTables', 'or[dx]ers'],
  ])('%s %s is in order, as pg_dump has it', async (field, pattern) => {
    expect(await messages({ [field]: [pattern] })).toBe('');
  });

  test('the rows of a partitioned table are those of its partitions', async () => {
    expect(await outlook({ excludeTableData: ['part'] })).toEqual({
      concerns: [],
      partitionsWithoutRows: ['"public"."part1"'],
      tableBytes: new Map(),
    });
  });

  test('large objects, user mappings and passwords that the role may not see are told {denied@dump}', async () => {
    const role = { user: 'reader', password: 'reader' };
    expect(await messages({}, role)).toMatch(
      /cannot read 1 large objects[^]*options .* of user mappings.*public \(far\)/,
    );
    expect(await messages({ noLargeObjects: true }, role)).not.toMatch(/large objects|passwords of roles/);
    const modest = { user: 'modest', password: 'modest' };
    expect(await messages({ includeGlobals: true }, modest)).toMatch(/cannot read the passwords of roles/);
    expect(await messages({ includeGlobals: true })).toBe('');
  });
});
