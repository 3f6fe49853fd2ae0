import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { findClientPrograms } from '../../src/postgres/client-programs.ts';
import { parseConnection } from '../../src/postgres/connection.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { prepareDump } from '../../src/postgres/prepare-dump.ts';
import { programEnvironment } from '../../src/postgres/program-environment.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { newAccount } from '../support/pgbak.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { serverRecord } from '../support/server-record.ts';

const { signal } = new AbortController();
let cluster: Cluster;
let home: TemporaryFolder;
beforeAll(async () => {
  cluster = await startCluster();
  home = temporaryFolder();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table found_me (n int)');
});
afterAll(async () => {
  home[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

/** Dumps by a connection string as a backup would, and returns the SQL. */
async function dump(connectionString: string, env: Record<string, string> = {}): Promise<string> {
  const found = await findClientPrograms({ override: undefined, searchPath: process.env['PATH'] ?? '', signal });
  const prepared = await prepareDump({
    database: openDatabase(parseConnection(new Secret(connectionString)), {
      found,
      environment: programEnvironment({ PATH: process.env['PATH'], HOME: home.path, ...env }),
      signal,
    }),
    server: serverRecord(),
    format: 'sql',
  });
  const command = prepared.command();
  const plain = Object.entries(command.env).map(([name, value]) => [
    name,
    value instanceof Secret ? value.reveal() : value,
  ]);
  const { stdout } = await promisify(execFile)(command.file, [...command.args], { env: Object.fromEntries(plain) });
  return stdout;
}

const PASSWORDS = [
  'simple',
  'with space',
  `'single' "double"`,
  '$HOME $(id) `id`',
  'semi;colon',
  'back\\slash\\',
  '100%25',
  'größe 漢字 😀',
  '-leading',
  '--dbname=x',
  'a@b:c/d?e#f&g=h',
  ' space at both ends ',
];

describe('a password', () => {
  test.each(PASSWORDS)('may be %j, in a URI and in key=value form', async (password) => {
    await cluster.sql('postgres', `create role tester superuser login password '${password.replaceAll("'", "''")}'`);
    try {
      expect(await dump(cluster.url('shop', { user: 'tester', password }))).toContain('found_me');
      const quoted = password.replaceAll(/[\\']/g, '\\$&');
      const keywords = `host=127.0.0.1 port=${cluster.port} dbname=shop user=tester password='${quoted}'`;
      expect(await dump(keywords)).toContain('found_me');
    } finally {
      await cluster.sql('postgres', 'drop role tester');
    }
  });

  test('may come from ~/.pgpass or PGPASSWORD, and must come from somewhere', async () => {
    const url = `postgresql://postgres@127.0.0.1:${cluster.port}/shop`;
    await expect(dump(url)).rejects.toThrow(
      /cannot connect to shop on 127\.0\.0\.1.*the server wants a password, and none was given/,
    );
    expect(await dump(url, { PGPASSWORD: cluster.superuser.password })).toContain('found_me');
    writeFileSync(home.at('.pgpass'), `*:${cluster.port}:*:postgres:${cluster.superuser.password}\n`, { mode: 0o600 });
    expect(await dump(url)).toContain('found_me');
    writeFileSync(home.at('.pgpass'), '', { mode: 0o600 });
  });
});

describe('a connection string', () => {
  const { user, password } = { user: 'postgres', password: 'the superuser' };
  const encoded = encodeURIComponent(password);
  test.each<[string, () => string]>([
    [
      'a Unix socket in a URI',
      () =>
        `postgresql://${user}:${encoded}@/shop?host=${encodeURIComponent(cluster.socketDirectory)}&port=${cluster.port}`,
    ],
    [
      'a Unix socket in key=value form',
      () => `host=${cluster.socketDirectory} port=${cluster.port} user=${user} password='${password}' dbname=shop`,
    ],
    [
      'a percent-encoded socket as the host',
      () => `postgresql://${user}:${encoded}@${encodeURIComponent(cluster.socketDirectory)}:${cluster.port}/shop`,
    ],
    [
      'several hosts, the first of which is down',
      () =>
        `postgresql://${user}:${encoded}@127.0.0.1:1,127.0.0.1:${cluster.port}/shop?target_session_attrs=read-write`,
    ],
    ['sslmode', () => `${cluster.url('shop')}?sslmode=prefer`],
    ['options', () => `${cluster.url('shop')}?options=-c%20statement_timeout%3D0`],
    [
      'the password as a parameter',
      () => `postgresql://127.0.0.1:${cluster.port}/shop?user=${user}&password=${encoded}`,
    ],
  ])('may have %s', async (_name, url) => {
    expect(await dump(url())).toContain('found_me');
  });

  test('may name a service', async () => {
    const lines = [
      '[nightly]',
      'host=127.0.0.1',
      `port=${cluster.port}`,
      'dbname=shop',
      `user=${user}`,
      `password=${password}`,
    ];
    writeFileSync(home.at('.pg_service.conf'), `${lines.join('\n')}\n`);
    expect(await dump('service=nightly')).toContain('found_me');
    expect(await dump('postgresql:///?service=nightly')).toContain('found_me');
    await expect(dump('service=daily')).rejects.toThrow(/definition of service "daily" not found/);
  });

  test('that asks for TLS of a server without it is told so', async () => {
    await expect(dump(`${cluster.url('shop')}?sslmode=require`)).rejects.toThrow(/server does not support SSL/);
  });
});

test('a dump is of what the database holds, whatever the environment says of encodings', async () => {
  await cluster.sql('shop', `create table "größe" (n int)`);
  expect(await dump(cluster.url('shop'), { PGCLIENTENCODING: 'LATIN1', LC_ALL: 'C' })).toContain('größe');
});

describe('with a server that is newer than every pg_dump', () => {
  test('the error names both versions and the package', async () => {
    await using newer = await startCluster({ server: 'embedded' });
    using account = newAccount();
    const destination = `file:${account.folder.at('backups')}`;
    const added = await account.add({
      name: 'new',
      'connection-string': newer.url('postgres'),
      destination,
      'no-check': true,
    });
    expect(added.status).toBe(0);
    const [result] = await account.results();
    // The machine may have a pg_dump as new; then there is nothing to complain about.
    if (result?.status === 'success') return;
    expect(result?.error).toMatch(/^server new is PostgreSQL 18\.\d+.*, and the newest pg_dump here is \d+\.\d+/);
  });

  test('an older pg_dump that PGBAK_PG_BIN names is not used either', async () => {
    using account = newAccount({ PGBAK_PG_BIN: '/nowhere' });
    await account.add({
      name: 'new',
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.path}`,
      'no-check': true,
    });
    expect(await account.results()).toMatchObject([
      { error: expect.stringMatching(/PGBAK_PG_BIN is \/nowhere, where there is no pg_dump/) },
    ]);
  });
});
