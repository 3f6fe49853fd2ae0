import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { partialNameOf } from '../../src/storage/version-names.ts';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const SECRETS = /the%20superuser|the superuser|archive secret|b2 secret|hc-secret/;
const lose = ({ catalogPath }: Account) => rmSync(dirname(catalogPath), { recursive: true });

async function addShop(account: Account, flags: Record<string, string | true>): Promise<void> {
  const url = cluster.url('shop');
  const pings = { 'hc-url-verify': 'https://hc.example/hc-secret' };
  const earlier = { 'earlier-archive-password': 'earlier archive secret' };
  const shop = { name: 'shop', 'archive-password': 'archive secret', ...earlier, ...pings };
  await account.add({ ...shop, 'connection-string': url, ...flags });
  await account.add({
    name: 'books',
    'connection-string': url,
    'archive-name': 'prod/books',
    format: 'binary',
    ...flags,
  });
}

async function comesBack(account: Account, server: string, database: string, ...flags: string[]): Promise<void> {
  const restored = await account.pgbak('restore', server, '--create', '--to', cluster.url(database), ...flags);
  expect(restored).toMatchObject({ status: 0 });
  expect(await contentsOf(cluster, database)).toBe(await contentsOf(cluster, 'shop'));
}

test('lost with its machine, it is rebuilt from a directory, and everything comes back {gone@connect}', async () => {
  using account = newAccount();
  const directory = account.folder.at('backups');
  await addShop(account, { destination: `file:${directory}` });
  await account.pgbak('run');
  await account.pgbak('run', '--force', '--server', 'shop');
  const before = (await account.json('backups')) as { objectId: string }[];
  lose(account);

  const idsOf = (rows: unknown) => (rows as { objectId: string }[]).map(({ objectId }) => objectId).toSorted();
  const remote = await account.json('backups', '--remote', '--from', `file:${directory}`);
  expect(remote).toMatchObject(before.map(() => ({ backupId: null, state: 'of another catalogue' })));
  expect(idsOf(remote)).toEqual(idsOf(before));
  const rebuild = () => account.json('catalog', 'rebuild', '--from', `file:${directory}`);
  expect(await rebuild()).toMatchObject([
    { name: 'books', archiveName: 'prod/books', isNew: true, added: 1 },
    { name: 'shop', archiveName: 'shop', isNew: true, added: 2 },
  ]);
  expect(await rebuild()).toMatchObject([
    { isNew: false, added: 0 },
    { isNew: false, added: 0 },
  ]);
  const after = await account.json('backups');
  expect(after).toMatchObject(before.map(() => ({ state: 'present' })));
  expect(idsOf(after)).toEqual(idsOf(before));
  await comesBack(account, 'shop', 'back_shop', '--archive-password', 'archive secret');
  await comesBack(account, 'books', 'back_books');

  // What it cannot know it must not guess: the default database of this machine is none of its business.
  expect(await account.results('--force', '--server', 'shop')).toMatchObject([
    { status: 'failed', error: expect.stringMatching(/the connection string is missing/) },
  ]);
  expect((await account.pgbak('list')).stdout).toMatch(/not known/);
  await account.pgbak('edit', 'shop', '--connection-string', cluster.url('shop'));
  expect(await account.results('--force', '--server', 'shop')).toMatchObject([{ status: 'success' }]);
});

test('rebuilt from B2 it knows names, times and checksums, also with a key of one prefix', async () => {
  await using server = await startB2Server();
  const bucket = server.createBucket('pgbak-bucket');
  const { id, key } = server.createKey({ bucketId: bucket.id, namePrefix: 'prod/' });
  using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  const connection = { 'connection-string': cluster.url('shop') };
  expect(await account.add({ name: 'the shop', 'archive-name': 'prod/shop', ...connection })).toMatchObject({
    status: 0,
  });
  await account.pgbak('run');
  const [before] = (await account.json('backups')) as Record<string, unknown>[];
  lose(account);
  expect(await account.json('catalog', 'rebuild', '--from', 'b2:pgbak-bucket')).toMatchObject([
    { name: 'the shop', archiveName: 'prod/shop', added: 1 },
  ]);
  const same = Object.fromEntries(
    [
      'name',
      'startedAt',
      'size',
      'rawSize',
      'format',
      'compression',
      'objectName',
      'objectId',
      'checksum',
      'place',
    ].map((field) => [field, before?.[field]]),
  );
  expect(await account.json('backups')).toMatchObject([{ ...same, state: 'present' }]);
  await comesBack(account, 'the shop', 'back_b2');
  expect(await account.json('verify', '--level', 'remote')).toMatchObject([{ isGood: true }]);
  expect(await account.pgbak('catalog', 'rebuild', '--from', 'srv')).toMatchObject({ status: 2 });
});

test('after each run a copy lies beside the backups: with secrets only where one password encrypts all', async () => {
  using account = newAccount({ PGBAK_CATALOG_COPY: 'on' });
  const directory = account.folder.at('backups');
  await addShop(account, { destination: `file:${directory}` });
  const copies = () =>
    readdirSync(directory).filter((name) => /^pgbak-catalog-[\da-f]{8}\.\d+T\d+Z(-\d)?\.sqlite\.7z$/.test(name));
  expect(await account.results()).toMatchObject([{ warnings: [] }, { warnings: [] }]);
  expect(copies()).toHaveLength(1);
  const { file } = await installedSevenZip();
  const unpack = (name: string, password?: string) =>
    execFileSync(file, ['x', '-so', ...(password === undefined ? [] : [`-p${password}`]), `${directory}/${name}`]);
  expect(unpack(copies()[0] ?? '').toString('latin1')).not.toMatch(SECRETS);

  account.env['ARCHIVE_PASSWORD'] = 'for all';
  for (let run = 0; run < 4; run += 1) await account.pgbak('run', '--force', '--server', 'books');
  expect(copies()).toHaveLength(3);
  const newest = copies().toSorted(
    (a, b) => statSync(`${directory}/${b}`).mtimeMs - statSync(`${directory}/${a}`).mtimeMs,
  )[0];
  const copy = unpack(newest ?? '', 'for all');
  expect(copy.toString('latin1')).toMatch(SECRETS);

  // The machine is gone: the copy is the catalogue.
  lose(account);
  mkdirSync(dirname(account.catalogPath));
  execFileSync(file, ['x', '-pfor all', `-o${account.folder.at('unpacked')}`, `${directory}/${newest}`], {
    stdio: 'pipe',
  });
  copyFileSync(account.folder.at('unpacked', 'backup.sqlite'), account.catalogPath);
  expect(await account.json('list')).toMatchObject([{ name: 'shop' }, { name: 'books' }]);
  await comesBack(account, 'books', 'back_copy');
  expect(await account.json('backups')).toMatchObject(Array.from({ length: 6 }, () => ({ state: 'present' })));
});

test('a copy that a killed run left unfinished is removed by the next, and said {kill@copy}', async () => {
  using account = newAccount({ PGBAK_CATALOG_COPY: 'on' });
  const directory = account.folder.at('backups');
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination: `file:${directory}` });
  await account.pgbak('run');
  const copy = readdirSync(directory).find((name) => name.startsWith('pgbak-catalog-')) ?? '';
  const catalog = new Database(account.catalogPath, { readonly: true });
  const id = catalog.prepare("select value from pgbak_meta where name = 'id'").pluck().get();
  catalog.close();
  // Killed while it had both its names.
  const left = partialNameOf(`${copy.split('.')[0]}.sqlite.7z`, String(id));
  linkSync(`${directory}/${copy}`, `${directory}/${left}`);
  expect(await account.pgbak('run', '--force')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining(`removed the unfinished file ${directory}/${left}`),
  });
  expect(readdirSync(directory).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('a copy that cannot be stored is a warning, and the backups count {denied@copy}', async () => {
  await using server = await startB2Server();
  const bucket = server.createBucket('pgbak-bucket');
  const { id, key } = server.createKey({ bucketId: bucket.id, namePrefix: 'shop' });
  using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  account.env['PGBAK_CATALOG_COPY'] = 'on';
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop') });
  expect(await account.pgbak('run')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/cannot store a copy of the catalogue beside the backups: .*begin with/),
  });
});

test('export writes a copy for anybody to see, or an encrypted one that holds all', async () => {
  using account = newAccount();
  await addShop(account, {
    destination: 'b2',
    'b2-bucket': 'one',
    'b2-key-id': 'id',
    'b2-app-key': 'b2 secret',
    'no-check': true,
  });
  await account.add({ name: 'third', 'connection-string': 'env:THIRD', destination: 'file:/srv', 'no-check': true });
  const path = account.folder.at('copy.sqlite');
  expect(await account.json('catalog', 'export', path)).toEqual({ file: path, holdsSecrets: false });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'latin1')).not.toMatch(SECRETS);
  const copy = new Database(path, { readonly: true });
  expect(copy.prepare('select connection_string from servers where name = ?').pluck().get('third')).toBe('env:THIRD');
  copy.close();
  expect(await account.pgbak('catalog', 'export', path)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/exists already, and nothing is written over it/),
  });

  const archive = account.folder.at('copy.7z');
  expect(await account.json('catalog', 'export', archive, '--archive-password', 'pw')).toEqual({
    file: archive,
    holdsSecrets: true,
  });
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  expect(await account.pgbak('catalog', 'export', account.folder.at('no', 'such'))).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/there is no directory .*\/no\nMake it first: mkdir -p /),
  });
  expect(await account.pgbak('catalog', 'export', account.folder.path)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/ is a directory\nName a file in it: pgbak catalog export .*\/catalog\.sqlite/),
  });
});
