import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { startS3Server } from '../support/s3-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';

let cluster: Cluster;
let server: B2Server;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  server = await startB2Server();
  server.createBucket('far-bucket');
  await cluster.createDatabase('shop');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(() => {
  account = newAccount({ B2_API_URL: server.url });
  writeFileSync(account.folder.at('key'), `${server.masterKey.key}\n`);
});
afterEach(() => account[Symbol.dispose]());

const destination = async (...args: string[]) => await account.pgbak('destination', ...args);
const ofB2 = () => [
  'offsite',
  'b2:far-bucket/hosts/one',
  `--b2-key-id=${server.masterKey.id}`,
  `--b2-app-key=file:${account.folder.at('key')}`,
];

describe('a named destination', () => {
  test('with a key of its own takes backups, below its prefix, and gives them back', async () => {
    expect(await destination('add', ...ofB2())).toEqual({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('Added the destination offsite: b2:far-bucket/hosts/one'),
    });
    const flags = { name: 'shop', 'connection-string': cluster.url('shop'), 'min-size': 1 } as const;
    expect((await account.add({ ...flags, destination: 'offsite' })).status).toBe(0);
    expect(await account.results()).toMatchObject([{ status: 'success' }]);
    expect(server.versions('far-bucket').map(({ fileName }) => fileName)).toContain('hosts/one/shop.sql.7z');
    expect(await account.json('list')).toMatchObject([
      { destination: 'b2:far-bucket/hosts/one', destinations: [{ name: 'offsite' }], b2: 'record' },
    ]);
    expect(await account.json('destination', 'list')).toEqual([
      {
        name: 'offsite',
        place: 'b2:far-bucket/hosts/one',
        servers: ['shop'],
        backups: 1,
        size: expect.any(Number),
        retention: null,
        objectLock: null,
        error: null,
      },
    ]);
    expect(await account.json('backups', '--remote', '--from', 'offsite')).toMatchObject([{ state: 'present' }]);

    const inUse = await destination('del', 'offsite', '--forget');
    expect(inUse).toMatchObject({ status: 2, stderr: expect.stringContaining('shop stores its backups in offsite') });
    expect((await destination('edit', 'offsite', '--name', 'far')).stdout).toContain('far: name offsite -> far');
    expect(await account.json('list')).toMatchObject([{ destinations: [{ name: 'far' }] }]);
    const elsewhere = `file:${account.folder.at('backups')}`;
    const moved = ['--place', elsewhere, '--b2-key-id=', '--b2-app-key=', '--create-destination'];
    const held = await destination('edit', 'far', ...moved);
    expect(held).toMatchObject({ status: 2, stderr: expect.stringContaining('1 backup is recorded in b2:far-bucket') });

    await account.pgbak('edit', 'shop', '--destination', elsewhere, '--create-destination');
    const kept = await destination('del', 'far');
    expect(kept.stderr).toContain(
      '1 backup is recorded in b2:far-bucket/hosts/one, and could not be reached without far',
    );
    // The old backup is reached with the key of the destination, which the server no longer names.
    expect(await account.json('verify', 'shop')).toMatchObject([{ isGood: true }]);
    const given = { name: 'far', place: 'b2:far-bucket/hosts/one', forgotten: 1 };
    expect(await account.json('destination', 'del', 'far', '--forget')).toEqual(given);
    expect(await account.json('destination', 'list')).toEqual([]);
  });

  test('in a bucket of S3 has its endpoint, its key and a lock', async () => {
    await using service = await startS3Server({ bucket: 's3-bucket', versioning: 'Enabled' });
    const keys = [`--access-key-id=${service.accessKeyId}`, '--secret-access-key=env:S3_SECRET', '--region=eu-1'];
    account.env['S3_SECRET'] = 'plain-s3-secret';
    const added = await destination('add', 'cloud', 's3:s3-bucket/one', ...keys, `--endpoint=${service.url}`);
    expect(added).toMatchObject({ status: 0, stderr: '' });
    delete account.env['S3_SECRET'];
    const unset = await destination('test', 'cloud');
    expect(unset).toMatchObject({ status: 1, stdout: expect.stringContaining('S3_SECRET, which is not set') });
    account.env['S3_SECRET'] = 'plain-s3-secret';
    const works = { stored: true, readBack: true, removed: true, error: null };
    expect(await account.json('destination', 'test', 'cloud')).toMatchObject(works);
    const lock = ['edit', 'cloud', '--object-lock-days=7', '--object-lock-mode=compliance'];
    service.bucket.hasLock = false;
    const unable = await destination(...lock);
    expect(unable).toMatchObject({ status: 1, stderr: expect.stringMatching(/s3-bucket has no Object\s+Lock/) });
    service.bucket.hasLock = true;
    expect((await destination(...lock)).stdout).toContain('cloud: object lock none -> 7');
    // The object of the test is not locked, or it would stay for a week.
    expect(await account.json('destination', 'test', 'cloud')).toMatchObject(works);
    expect(await account.json('destination', 'list')).toMatchObject([{ objectLock: { days: 7, mode: 'compliance' } }]);
  });

  test('is tried before it is stored, and its test tells what a key may do {secret@connect}', async () => {
    const wrong = [...ofB2().slice(0, 3), '--b2-app-key', 'K005-wrong-secret'];
    const refused = await destination('add', ...wrong);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/does not accept the\s+application key/),
    });
    expect(await account.json('destination', 'list')).toEqual([]);
    expect((await destination('add', ...wrong, '--no-check')).status).toBe(0);
    const tested = await destination('test', 'offsite');
    expect(tested.status).toBe(1);
    const all = [refused, tested, await destination('list'), await destination('test', 'offsite', '--json')];
    for (const { stdout, stderr } of all) expect(stdout + stderr).not.toContain('wrong-secret');
    const examined = async () => (await account.json('doctor')) as { about: string; level: string }[];
    const findings = async () => (await examined()).filter(({ about }) => about === 'offsite');
    expect(await findings()).toMatchObject([{ level: 'problem', message: expect.stringMatching(/application key/) }]);
    const edited = await destination('edit', 'offsite', '--b2-app-key', `file:${account.folder.at('key')}`, '--json');
    expect(JSON.parse(edited.stdout)).toMatchObject({
      changes: [{ name: 'b2-app-key', change: 'changed', from: null, to: null }],
    });
    const unused = 'archives can go to b2:far-bucket/hosts/one, but no server stores its backups there';
    expect(await findings()).toMatchObject([{ level: 'ok', message: unused }]);
    expect(await account.json('destination', 'test', 'offsite')).toEqual({
      name: 'offsite',
      place: 'b2:far-bucket/hosts/one',
      stored: true,
      readBack: true,
      removed: true,
      limits: [],
      error: null,
    });
    await account.pgbak('catalog', 'export', account.folder.at('copy.sqlite'));
    expect(readFileSync(account.folder.at('copy.sqlite')).includes('wrong-secret')).toBe(false);
  });

  test('in a directory is not made unless asked, and leaves nothing of a test', async () => {
    const path = account.folder.at('nas');
    const missing = await destination('add', 'nas', path);
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('add --create-destination') });
    expect((await destination('add', 'nas', path, '--create-destination')).stdout).toContain(`Created ${path}`);
    expect((await destination('test', 'nas')).stdout).toContain(
      'took a small object, gave it back as it was, removed it',
    );
    expect(readdirSync(path)).toEqual(['.pgbak-destination']);
    expect((await destination('list')).stdout.split('\n')[0]).toMatch(/^name +place +servers +backups +size +keeps$/);
  });

  test.each([
    [['add'], 'the name of the destination is missing'],
    [['add', 'nas'], 'the place of the destination is missing'],
    [['add', 'b2', 'file:/srv'], 'cannot be "b2", which is a kind of storage'],
    [['add', 'my nas', 'file:/srv'], 'may hold letters, digits'],
    [['add', 'nas', 'b2'], 'the place b2 names no bucket'],
    [['add', 'nas', 'file:/srv', '--b2-key-id', 'x'], '--b2-key-id is of no use for a directory'],
    [['add', 'nas', 'file:/srv', '--object-lock-days', '7'], 'a directory cannot lock archives'],
    [['add', 'far', 'b2:far', '--object-lock-mode', 'compliance'], 'has no effect without --object-lock-days'],
    [['add', 'far', 'b2:far', '--object-lock-days', '40000'], '--object-lock-days is 40000; it can be 36500 at most'],
    [['add', 'far', 'b2:far-bucket', '--b2-key-id', 'env:UNSET', '--b2-app-key', 'x'], 'UNSET, which is not set'],
    [['add', 'home', 'file:/other', '--no-check'], 'there is a destination named "home" already'],
    [['add', 'other', 'file:/mnt/home', '--no-check'], 'the destination home is in file:/mnt/home already'],
    [['edit', 'home'], 'nothing to change was given'],
    [['edit', 'hone', '--name', 'x'], 'there is no destination of that name. Did you mean "home"?'],
    [['del'], 'no destination was named'],
    [['test', 'nowhere'], 'there is no destination of that name'],
  ])('is refused: %j', async (args, said) => {
    expect((await destination('add', 'home', 'file:/mnt/home', '--no-check')).status).toBe(0);
    const { status, stderr } = await destination(...args);
    expect(stderr).toContain(said);
    expect(status).toBe(2);
  });

  test('of a server must be there, and two must be two places', async () => {
    const flags = ['--name', 'shop', '--connection-string', cluster.url('shop'), '--no-check'];
    await destination('add', 'home', 'file:/mnt/home', '--no-check');
    expect((await account.pgbak('add', ...flags, '--destination', 'hone')).stderr).toContain('Did you mean "home"?');
    const two = await account.pgbak('add', ...flags, '--destination', 'home', '--destination', 'file:/mnt/home');
    expect(two).toMatchObject({ status: 2, stderr: expect.stringContaining('are the same place: file:/mnt/home') });
    expect((await account.pgbak('add', ...flags, '--destination', 'home')).status).toBe(0);
    expect((await account.pgbak('completion', '--complete', 'destination', 'test', '')).stdout).toContain('home\t');
    expect((await account.pgbak('destinations', 'ls')).stdout).toContain('file:/mnt/home');
  });
});

test('on a terminal, add and edit ask for a destination, try it, and keep what was typed', async () => {
  using terminal = openTerminal(account.env, 100);
  terminal.enter('pgbak destination add');
  await terminal.shows(/\? Name/);
  terminal.type('b2');
  await terminal.shows(/which is a kind of storage/);
  terminal.press('C-u');
  terminal.enter('offsite');
  await terminal.shows('Where is it');
  terminal.press('Enter');
  await terminal.shows(/\? Bucket/);
  terminal.enter('far-bucket/two');
  await terminal.shows(/\? B2 key id/);
  terminal.enter(server.masterKey.id);
  await terminal.shows(/\? B2 application key/);
  terminal.enter('K005wrong');
  await terminal.shows(/\? B2 key id for prune/);
  terminal.press('Enter');
  await terminal.shows(/\? B2 application key for prune/);
  terminal.press('Enter');
  await terminal.shows(/does not accept the\s+application\s+key/);
  terminal.enter('n');
  await terminal.shows('Where is it');
  terminal.press('Enter');
  await terminal.shows(/\? Bucket far-bucket\/two/);
  terminal.press('Enter');
  await terminal.shows(new RegExp(`\\? B2 key id ${server.masterKey.id}`));
  terminal.press('Enter');
  await terminal.shows(/\? B2 application key \*{9}/);
  terminal.press('C-u');
  terminal.enter(server.masterKey.key);
  await terminal.shows(/\? B2 key id for prune/);
  terminal.press('Enter');
  await terminal.shows(/\? B2 application key for prune/);
  terminal.press('Enter');
  const screen = await terminal.shows('Added the destination offsite: b2:far-bucket/two');
  expect(screen).not.toContain(server.masterKey.key);

  terminal.enter('clear; pgbak destination edit offsite');
  await terminal.shows(/\? Name offsite/);
  terminal.press('C-u');
  terminal.enter('far');
  await terminal.shows('Where is it');
  terminal.press('Enter');
  await terminal.shows(/\? Bucket far-bucket\/two/);
  terminal.press('Enter');
  for (const label of ['B2 key id', 'B2 application key']) {
    await terminal.shows(new RegExp(`\\? ${label} \\(set; Enter keeps it`));
    terminal.press('Enter');
  }
  for (const label of ['B2 key id for prune', 'B2 application key for prune']) {
    await terminal.shows(new RegExp(`\\? ${label} \\(none of its own`));
    terminal.press('Enter');
  }
  await terminal.shows('far: name offsite -> far');
  expect(await account.json('destination', 'test', 'far')).toMatchObject({ readBack: true, error: null });
});
