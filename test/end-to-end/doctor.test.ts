import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { startB2Server } from '../support/b2-server/start.ts';
import { startS3Server } from '../support/s3-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql(
    'shop',
    `create table open (n int); create table closed (n int); create table guarded (n int); create schema private;
     create table private.diary (n int); alter table guarded enable row level security;
     create role reader login password 'reader'; grant select on open, guarded to reader`,
  );
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

interface Row {
  about: string;
  level: string;
  message: string;
  hint?: string;
}

async function examine(account: Account, ...args: string[]): Promise<{ status: number | null; rows: Row[] }> {
  const { status, stdout } = await account.start(['doctor', '--json', ...args]).finished;
  return { status, rows: JSON.parse(stdout) as Row[] };
}

describe('doctor', () => {
  test('finds nothing wrong where nothing is, and says what it saw', async () => {
    using account = newAccount();
    await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.at('backups')}`,
      'archive-password': 'x',
      'hc-url-fail': 'https://hc-ping.com/uuid',
      'verify-after': 'restore',
      compression: 'zstd:3',
    });
    const { status, rows } = await examine(account);
    expect(status).toBe(0);
    const said = rows.map(({ about, level, message }) => `${about}: ${level}: ${message}`).join('\n');
    expect(said).toMatch(/this machine: ok: pgbak 0\.\d+\.\d+ .* on Node v\d+/);
    expect(said).toMatch(/this machine: ok: 7-Zip \d+\.\d+ \(\//);
    expect(said).toMatch(/this machine: ok: pg_dump \d+\.\d+/);
    expect(said).toMatch(/this machine: ok: temporary directory .* free/);
    expect(said).toMatch(/catalogue: ok: .*backup\.sqlite, mode 0600, schema \d+/);
    expect(said).toMatch(/catalogue: ok: integrity check passed/);
    expect(said).toMatch(/shop: ok: PostgreSQL \d+\.\d+.* with pg_dump/);
    expect(said).toMatch(/shop: ok: the role may read every table/);
    expect(said).toMatch(/shop: ok: backups are verified in a PostgreSQL \d+\.\d+.* that is started for it/);
    expect(said).toMatch(/shop: ok: zstd is there/);
    expect(said).toMatch(/shop: ok: archives can go to \/.*\/shop\.<time>\.sql\.7z/);
    expect(said).toMatch(/shop: ok: ping URLs for fail are well formed/);
    expect(said).not.toContain('uuid');

    account.env['PGBAK_SCRATCH_URL'] = cluster.url('nowhere');
    const elsewhere = await examine(account);
    expect(elsewhere.status).toBe(1);
    expect(elsewhere.rows.filter(({ level }) => level === 'problem')).toMatchObject([
      { about: 'shop', message: expect.stringMatching(/there is no database nowhere on /) },
    ]);
  });

  test('says that a directory has no room for another archive like the last one', async () => {
    using account = newAccount();
    const destination = `file:${account.folder.at('backups')}`;
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination, 'min-size': 1 });
    await account.pgbak('run');
    expect((await examine(account)).rows.filter(({ level }) => level === 'problem')).toEqual([]);
    const catalog = new Database(account.catalogPath);
    catalog.exec('update backup_log set file_size = 7000000000000000');
    catalog.close();
    const { status, rows } = await examine(account);
    expect(status).toBe(1);
    expect(rows).toContainEqual({
      about: 'shop',
      level: 'problem',
      message: expect.stringMatching(/^not enough space in .*backups: the last archive had 7000\.0 TB, .* are free$/),
      hint: 'Free some space there, or choose another destination: pgbak edit shop --destination file:/other/dir',
    });
  });

  test('compares the lock and the lifecycle of a bucket with what the rules keep', async () => {
    await using service = await startS3Server({ bucket: 'far', versioning: 'Enabled' });
    const ends = '<NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration>';
    service.bucket.lifecycle = `<Rule><ID>old</ID><Status>Enabled</Status><Prefix/>${ends}</Rule>`;
    using account = newAccount({ SECRET: 'x' });
    const keys = [`--access-key-id=${service.accessKeyId}`, '--secret-access-key=env:SECRET', '--region=eu-1'];
    const lock = ['--object-lock-days=7', `--endpoint=${service.url}`, '--no-check'];
    await account.pgbak('destination', 'add', 'cloud', 's3:far/one', ...keys, ...lock);
    const flags = { 'connection-string': cluster.url('shop'), destination: 'cloud', 'keep-daily': 30 };
    await account.add({ ...flags, 'no-check': true });
    const { rows } = await examine(account);
    expect(rows.filter(({ message }) => /locked for|lifecycle/.test(message))).toMatchObject([
      { about: 'shop', level: 'warning', message: expect.stringContaining('keep them for up to 30 days') },
      { level: 'warning', message: expect.stringMatching(/"old" of s3:far\/one removes archives after 9 days, but/) },
    ]);
  });

  test('says why an archive has to fit in as a whole, where the dump could not be made to wait', async () => {
    using account = newAccount();
    const setpriv = account.folder.at('setpriv');
    writeFileSync(setpriv, '#!/bin/sh\necho "setpriv: unrecognized option: pdeathsig" >&2\nexit 1\n');
    chmodSync(setpriv, 0o755);
    account.env['PATH'] = `${account.folder.path}:${account.env['PATH'] ?? ''}`;
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'b2-bucket': 'b', 'no-check': true });
    const catalog = new Database(account.catalogPath);
    catalog.exec(`insert into backup_log (server_id, server_name, ts, result, success, started_at, finished_at, file_size)
      values (1, 'shop', '20261101T000000', 'Success', '1', datetime(), datetime(), 7000000000000)`);
    catalog.close();
    const { rows } = await examine(account);
    expect(rows.filter(({ message }) => message.startsWith('temporary directory'))).toMatchObject([
      {
        level: 'problem',
        message: expect.stringMatching(/has to fit in 7\.0 TB \(without `setpriv --pdeathsig` \(util-linux/),
        hint: expect.stringMatching(/PGBAK_TMPDIR/),
      },
    ]);
  });

  test('names the tables that a role cannot read, but for those that are left out {denied@connect}', async () => {
    using account = newAccount();
    const flags = {
      'connection-string': cluster.url('shop', { user: 'reader', password: 'reader' }),
      destination: 'file:/tmp',
      // It would be refused; rights may be lost later.
      'no-check': true as const,
    };
    await account.add({ ...flags, name: 'all' });
    await account.add({ ...flags, name: 'some', 'exclude-table': 'clos*', 'exclude-schema': 'private' });
    const { status, rows } = await examine(account);
    expect(status).toBe(1);
    const problems = rows.filter(({ level }) => level === 'problem');
    expect(problems).toMatchObject([
      {
        about: 'all',
        message: 'the role cannot read all of private.diary, public.closed, public.guarded',
        hint: expect.stringMatching(/BYPASSRLS/),
      },
      { about: 'some', message: 'the role cannot read all of public.guarded' },
    ]);
  });

  test('edit tells of an exclusion that matches nothing, and an empty text takes it back {gone@dump}', async () => {
    using account = newAccount();
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination: 'file:/tmp' });
    const edited = async (...flags: string[]) => await account.pgbak('edit', 'shop', ...flags);
    const nothing = /--exclude-table(?:-data)? nix matches nothing/;
    expect(await edited('--exclude-table-data', 'nix', '--no-check')).toMatchObject({
      status: 0,
      stdout: expect.not.stringMatching(nothing),
    });
    expect(await edited('--exclude-table', 'nix')).toMatchObject({ status: 0, stdout: expect.stringMatching(nothing) });
    expect(await edited('--exclude-table', '', '--exclude-table-data', '')).toMatchObject({
      status: 0,
      stdout: expect.not.stringMatching(nothing),
    });
    const { rows } = await examine(account);
    expect(rows.filter(({ message }) => nothing.test(message))).toEqual([]);
  });

  test('tells what is wrong with connection, storage, settings, catalogue and programs {refused@connect, denied@connect, gone@connect}', async () => {
    await using server = await startB2Server();
    server.createBucket('pgbak-bucket');
    const { id, key } = server.createKey({ capabilities: ['listBuckets', 'readFiles'] });
    using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
    const archives = account.folder.at('archives');
    await account.add({
      name: 'gone',
      'connection-string': 'postgresql://127.0.0.1:1/x',
      destination: `file:${archives}`,
      'no-check': true,
    });
    rmSync(archives, { recursive: true });
    writeFileSync(archives, '');
    await account.add({ name: 'b2', 'connection-string': cluster.url('shop'), 'no-check': true });
    await account.add({ name: 'unset', 'connection-string': 'env:NO_SUCH_URL', 'no-check': true });
    chmodSync(account.catalogPath, 0o644);
    account.env['PGBAK_7Z'] = '/no/such/7z';
    const { status, rows } = await examine(account);
    expect(status).toBe(1);
    const problems = rows
      .filter(({ level }) => level !== 'ok')
      .map(({ about, level, message }) => `${about}: ${level}: ${message}`);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/this machine: problem: no usable 7-Zip was found: tried \/no\/such\/7z/),
        expect.stringMatching(/catalogue: warning: .* has mode 0644: others may read the secrets in it/),
        expect.stringMatching(/gone: problem: cannot connect to x on 127\.0\.0\.1:1/),
        expect.stringMatching(/gone: problem: .*archives/),
        expect.stringMatching(/b2: problem: the application key lacks the capability writeFiles/),
        expect.stringMatching(/unset: problem: the connection string refers to the environment variable NO_SUCH_URL/),
      ]),
    );
  });

  test('changes nothing, unless it is to probe', async () => {
    await using server = await startB2Server();
    server.createBucket('pgbak-bucket');
    const { id, key } = server.masterKey;
    using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
    const { rows } = await examine(account);
    expect(existsSync(account.catalogPath)).toBe(false);
    expect(rows).toEqual(expect.arrayContaining([expect.objectContaining({ about: 'catalogue', level: 'problem' })]));

    const backups = account.folder.at('backups');
    await account.add({ name: 'b2', 'connection-string': cluster.url('shop'), 'no-check': true });
    await account.add({
      name: 'directory',
      'connection-string': cluster.url('shop'),
      destination: `file:${backups}`,
      'no-check': true,
    });
    // It was made when the server was added.
    const before = readdirSync(backups);
    await examine(account);
    expect(readdirSync(backups)).toEqual(before);
    expect(server.requests.some(({ endpoint }) => endpoint === 'b2_upload_file')).toBe(false);

    const probed = await examine(account, '--probe-write');
    expect(probed.rows.filter(({ message }) => message.includes('took a small file'))).toHaveLength(2);
    expect(server.requests.some(({ endpoint }) => endpoint === 'b2_upload_part')).toBe(true);
    expect(server.versions('pgbak-bucket')).toEqual([]);
    expect(server.unfinished()).toEqual([]);
    expect(readdirSync(backups)).toEqual(before);
  });

  test('of a file that is no catalogue leaves it alone {replaced@connect}', async () => {
    using account = newAccount();
    account.env['DB_PATH'] = account.folder.at('notes.txt');
    writeFileSync(account.folder.at('notes.txt'), 'notes\n'.repeat(1000));
    const { status, rows } = await examine(account);
    expect(status).toBe(1);
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ level: 'problem', message: expect.stringMatching(/is not a SQLite file/) }),
      ]),
    );
  });
});
