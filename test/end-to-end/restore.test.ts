import { FORMAT_EXTENSIONS, FORMATS } from '../../src/core/archive-format.ts';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { startB2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import { processesWith } from '../support/processes.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { installedSevenZip } from '../support/seven-zip.ts';
import { account, begin, cluster, setTheScene } from './account-scene.ts';

setTheScene((started) => createSampleDatabase(started, 'shop'));
let count = 0;

const add = (flags: Record<string, string> = {}) =>
  account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'archive-password': `- pass"word' $é`,
    ...flags,
  });

/** Backs it up once. */
async function backUp(flags: Record<string, string> = {}): Promise<void> {
  await begin(JSON.stringify(flags), async () => {
    await add(flags);
    expect(await account.pgbak('run')).toMatchObject({ status: 0 });
  });
}

async function emptyDatabase(): Promise<string> {
  const name = `restored ${(count += 1)}`;
  await cluster.createDatabase(name);
  return name;
}

const tablesIn = (database: string) =>
  cluster.sql(
    database,
    "select count(*) from pg_tables where schemaname <> 'information_schema' and schemaname !~ '^pg_'",
  );
const largestIn = (directory: string) => {
  const paths = readdirSync(directory).map((name) => join(directory, name));
  return paths.reduce((one, other) => (statSync(other).size > statSync(one).size ? other : one));
};
const archives = () => archivesIn(account.folder.at('backups')).map((name) => account.folder.at('backups', name));

describe.each(FORMATS)('a %s backup', (format) => {
  test('comes back into an empty database as it was', async () => {
    await backUp({ format });
    const database = await emptyDatabase();
    const { status, stdout, stderr } = await account.pgbak('restore', 'shop', '--to', cluster.url(database));
    expect({ status, stderr: stderr.split('\n').length }).toEqual({ status: 0, stderr: 8 });
    expect(stdout).toMatch(
      /^Restored backup 1 of shop, made \S+ \S+ UTC, into restored \d+ on 127\.0\.0\.1:\d+: .* of dump$/m,
    );
    expect(stdout + stderr).not.toMatch(/superuser|pass"word/);
    expect(await contentsOf(cluster, database)).toBe(await contentsOf(cluster, 'shop'));
  });

  test('comes back as a file, from B2, as of the time that was asked for', async () => {
    await using server = await startB2Server();
    server.createBucket('pgbak-bucket');
    const { id, key } = server.masterKey;
    Object.assign(account.env, { B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
    await add({ format, destination: 'b2' });
    await account.pgbak('run');
    const between = new Date().toISOString();
    await account.pgbak('run', '--force');
    const file = account.folder.at('shop.dump');
    const restored = await account.json('restore', 'shop', '--at', between, '--output', file);
    const isDirectory = format === 'directory';
    const paths = isDirectory ? readdirSync(file).map((name) => join(file, name)) : [file];
    const dumpBytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    expect(restored).toMatchObject({ backupId: 1, dumpBytes });
    for (const path of paths) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(
      readFileSync(isDirectory ? join(file, 'toc.dat') : file, 'latin1').startsWith(
        format === 'sql' ? '--\n-- PostgreSQL database dump\n' : 'PGDMP',
      ),
    ).toBe(true);
    const again = await account.pgbak('restore', 'shop', '--at', '2', '--output', file);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringMatching(/exists already/) });
    expect(existsSync(`${file}.partial`)).toBe(false);
    // A bucket that the server has left since is still where its older backups are.
    await account.pgbak('edit', 'shop', '--no-check', '--destination', 'file:/nowhere');
    rmSync(file, { recursive: true });
    expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({ status: 0 });
  });

  test('that is damaged, gone, or opened with a wrong password leaves the target as it was {damaged@prove, gone@fetch, secret@prove}', async () => {
    await backUp({ format });
    const database = await emptyDatabase();
    const to = ['--to', cluster.url(database)];
    const [archive = ''] = archives();
    const good = readFileSync(archive);

    expect(await account.pgbak('restore', 'shop', ...to, '--archive-password', 'wrong')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/the archive password does not open backup 1 of shop/),
    });
    for (const damage of [
      (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')]),
      (bytes: Buffer) => Buffer.from(bytes).fill(0, 5000, 5001),
    ]) {
      writeFileSync(archive, damage(good));
      expect(await account.pgbak('restore', 'shop', ...to)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/is not the archive that was stored/),
      });
    }
    rmSync(archive);
    expect(await account.pgbak('restore', 'shop', ...to)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/there is no such file/),
    });
    expect(await tablesIn(database)).toBe('0');
  });

  test('of which the half was archived is not taken for a whole one {damaged@load}', async () => {
    await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.at('backups')}`,
      format,
    });
    await account.pgbak('run');
    const database = await emptyDatabase();
    const [archive = ''] = archives();
    // A well-formed archive of a dump that broke off, with a catalogue that believes in it.
    const half = account.folder.at(`shop.${FORMAT_EXTENSIONS[format]}`);
    await account.pgbak('restore', 'shop', '--output', half);
    const cut = format === 'directory' ? largestIn(half) : half;
    truncateSync(cut, Math.floor(statSync(cut).size * 0.6));
    rmSync(archive);
    execFileSync((await installedSevenZip()).file, ['a', archive, half], { stdio: 'pipe' });
    const database_ = new Database(account.catalogPath);
    const sha1 = createHash('sha1').update(readFileSync(archive)).digest('hex');
    database_.prepare('update backup_log set file_size = ?, sha1 = ?, sha256 = null').run(statSync(archive).size, sha1);
    database_.close();
    const { status, stderr } = await account.pgbak('restore', 'shop', '--to', cluster.url(database));
    expect(status).toBe(1);
    expect(stderr).toMatch(
      format === 'sql' ? /the dump in the archive is incomplete/ : /bytes, not the \d+ that were dumped/,
    );
    expect(await tablesIn(database)).toBe('0');
  });
});

test('a database that holds tables is not touched', async () => {
  await backUp({ format: 'sql' });
  const database = await emptyDatabase();
  await cluster.sql(database, 'create table precious (n int)');
  expect(await account.pgbak('restore', 'shop', '--to', cluster.url(database))).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/is not empty: it holds 1 table, and nothing was changed/),
  });
  expect(await tablesIn(database)).toBe('1');
});

test('a dump that the target refuses is undone, and the reason told {refused@load}', async () => {
  await backUp({ format: 'sql' });
  const database = await emptyDatabase();
  await cluster.sql(database, 'create type mood as enum ()');
  const { status, stderr } = await account.pgbak('restore', 'shop', '--to', cluster.url(database));
  expect(status).toBe(1);
  expect(stderr).toMatch(/psql failed, and nothing was restored: .*type "mood" already exists/);
  expect(await tablesIn(database)).toBe('0');
});

test.each([
  ['SIGKILL {kill@load}', 'SIGKILL'],
  ['SIGTERM {stop@load}', 'SIGTERM'],
] as const)(
  'an empty database is left, and the next restore succeeds, where a restore is ended in the middle by %s',
  async (_name, signal) => {
    await begin('a big database', async () => {
      await cluster.createDatabase('big');
      await cluster.sql(
        'big',
        'create table noise as select n, md5(random()::text) from generate_series(1, 600000) as n',
      );
      await add({ 'connection-string': cluster.url('big'), compression: 'none' });
      expect(await account.pgbak('run')).toMatchObject({ status: 0 });
    });
    const database = await emptyDatabase();
    const running = account.start(['restore', 'shop', '--to', cluster.url(database)]);
    await eventually(
      'rows are being copied',
      async () =>
        (await cluster.sql(
          'postgres',
          `select 1 from pg_stat_activity where datname = '${database}' and query like 'COPY%'`,
        )) === '1',
    );
    running.child.kill(signal);
    expect((await running.finished).status).toBe(signal === 'SIGKILL' ? null : 143);
    await eventually(
      'the session is gone',
      async () =>
        (await cluster.sql('postgres', `select count(*) from pg_stat_activity where datname = '${database}'`)) === '0',
    );
    expect(await tablesIn(database)).toBe('0');
    expect(await account.pgbak('restore', 'shop', '--to', cluster.url(database))).toMatchObject({ status: 0 });
    expect(await cluster.sql(database, 'select count(*) from noise')).toBe('600000');
    await eventually('no process is left', () => processesWith(account.folder.path).length === 0);
    // What a killed restore left of temporary files.
    for (const name of readdirSync(account.temporary)) rmSync(`${account.temporary}/${name}`, { recursive: true });
    await cluster.sql('postgres', `drop database "${database}"`);
  },
);

test('what cannot be meant is refused with status 2, and what is meant is named', async () => {
  await backUp({ format: 'sql' });
  for (const [words, message] of [
    ['shop', /say where to restore: --to URL/],
    ['shop --output /tmp/x --at 77', /there is no backup 77/],
    ['shop --output /tmp/x --at yesterdy', /neither "latest", nor the id of a backup, nor a time/],
    ['shop --output /tmp/x --at yesterday', /there is no backup of shop from .* 00:00 UTC or before/],
    ['nobody --output /tmp/x', /there is no server "nobody"/],
    ['--output /tmp/x', /no server was named/],
  ] as const) {
    const refused = await account.pgbak('restore', ...words.split(' '));
    expect({ words, ...refused }).toMatchObject({ words, status: 2, stderr: expect.stringMatching(message) });
  }
});
