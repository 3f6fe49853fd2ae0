import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { pgDumpAfter } from '../support/pg-dump-wrapper.ts';
import { account, cluster, setTheScene } from './account-scene.ts';

setTheScene(async (one) => {
  for (const name of ['shop', 'crm', 'old']) {
    await one.createDatabase(name);
    await one.sql(name, 'create table t (a int); insert into t values (1), (2)');
  }
});

let receiver: HttpRecorder;
beforeEach(async () => {
  receiver = await startHttpRecorder();
});
afterEach(async () => await receiver[Symbol.asyncDispose]());

const pinged = () => receiver.requests.splice(0).map(({ url, body }) => ({ url, body }));

async function addMain(flags: Record<string, string | true> = {}): Promise<void> {
  const added = await account.add({
    name: 'main',
    'all-databases': true,
    'connection-string': cluster.url('postgres'),
    destination: `file:${account.folder.at('backups')}`,
    compression: 'none',
    'hc-url-start': `${receiver.url}/start`,
    'hc-url-success': `${receiver.url}/success`,
    'hc-url-fail': `${receiver.url}/fail`,
    'exclude-database': 'postgres',
    ...flags,
  });
  expect(added).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Connected: \d databases: crm, .*old and shop; roles of /m),
  });
}

const statesOf = async () =>
  (await account.json('status')) as { name: string; state: string; reason: string | null; lastSuccess: string }[];

test('databases that come and go are told, and one ping tells of all', async () => {
  await addMain({ 'keep-last': '2', 'auto-prune': true });
  const first = await account.results('--force');
  expect(first.map(({ name, status }) => [name, status])).toEqual(
    ['main/globals', 'main/crm', 'main/old', 'main/shop'].map((name) => [name, 'success']),
  );
  expect(pinged()).toEqual([
    { url: '/start', body: '' },
    { url: '/success', body: expect.stringMatching(/^4 of 4 backups succeeded, .* stored\n/) },
  ]);

  await cluster.sql('postgres', 'create database fresh; drop database old');
  const { stderr, status } = await account.pgbak('run', '--force');
  expect({ stderr, status }).toMatchObject({ status: 0 });
  expect(stderr).toContain('main: the database fresh is new, and is backed up from now on');
  expect(stderr).toMatch(/warning main\/old: the database old is gone .*pgbak edit main --forget-database old/);
  expect(pinged()).toMatchObject([
    { url: '/start' },
    { url: '/success', body: expect.stringContaining('main/old: the database old is gone') },
  ]);
  expect((await statesOf()).map(({ name, state }) => [name, state])).toEqual([
    ['main/globals', 'OK'],
    ['main/crm', 'OK'],
    ['main/fresh', 'OK'],
    ['main/old', 'WARNING'],
    ['main/shop', 'OK'],
  ]);
  expect(await account.pgbak('edit', 'main', '--forget-database', 'shop')).toMatchObject({ status: 2 });
  expect(await account.pgbak('edit', 'main', '--forget-database', 'old')).toMatchObject({ status: 0 });
  expect((await statesOf()).every(({ state }) => state === 'OK')).toBe(true);
  expect((await account.pgbak('run', '--force')).stderr).not.toMatch(/old/);

  // Each database has its own two.
  const kept = (await account.json('backups')) as { name: string }[];
  expect(kept.map(({ name }) => name).toSorted()).toEqual(
    ['globals', 'globals', 'crm', 'crm', 'fresh', 'fresh', 'old', 'shop', 'shop']
      .map((name) => `main/${name}`)
      .toSorted(),
  );
  // What is gone can be restored as long as its backup is there.
  const back = await account.pgbak('restore', 'main/old', '--create', '--to', cluster.url('old'));
  expect(back).toMatchObject({ status: 0 });
  expect(await cluster.sql('old', 'select count(*) from t')).toBe('2');
  expect(await account.pgbak('verify', 'main', '--level', 'restore')).toMatchObject({ status: 0 });
});

test('one database that fails makes the ping of the whole a failure, and is tried again alone', async () => {
  await addMain();
  await cluster.sql('crm', 'create role locked; create table secret (a int); alter table secret owner to locked');
  const limited = { user: 'limited', password: 'limited' };
  await cluster.sql('postgres', `create role limited login password 'limited'; grant pg_read_all_data to limited`);
  await cluster.sql('crm', 'create policy p on secret using (true); alter table secret enable row level security');
  await account.pgbak('edit', 'main', '--connection-string', cluster.url('postgres', limited));
  const results = await account.results('--force');
  expect(results.filter(({ status }) => status !== 'success')).toMatchObject([{ name: 'main/crm', status: 'failed' }]);
  expect(pinged().at(-1)).toMatchObject({
    url: '/fail',
    body: expect.stringMatching(/^\d of \d backups succeeded.*\nmain\/crm: failed: /),
  });
  await cluster.sql('crm', 'drop table secret');
  expect((await account.results()).filter(({ status }) => status !== 'skipped')).toMatchObject([
    { name: 'main/crm', status: 'success' },
  ]);
  expect(pinged()).toMatchObject([{ url: '/start' }, { url: '/success' }]);
});

test('a database that is dropped while the cluster is backed up is no failure', async () => {
  await addMain();
  await cluster.createDatabase('brief');
  const drop = `case "$*" in *brief*) psql -q -d '${cluster.url('postgres')}' -c 'drop database brief with (force)' ;; esac`;
  const env = { PGBAK_PG_BIN: pgDumpAfter(account.folder, drop) };
  const { stderr, status } = await account.start(['run', '--force'], env).finished;
  expect({ stderr, status }).toMatchObject({ status: 0 });
  expect(stderr).toContain('main/brief: the database brief was dropped meanwhile; no backup was made');
  expect(pinged().at(-1)).toMatchObject({ url: '/success' });
  expect((await account.pgbak('logs')).stdout).not.toContain('brief');
});

test('a run that only tries a database which is dropped meanwhile tells that it has ended', async () => {
  await addMain();
  await cluster.createDatabase('late');
  const failed = account.folder.at('has failed');
  const drop = `psql -q -d '${cluster.url('postgres')}' -c 'drop database late with (force)'`;
  const shell = `case "$*" in *late*) [ -e '${failed}' ] || { touch '${failed}'; exit 1; }; ${drop} ;; esac`;
  const env = { PGBAK_PG_BIN: pgDumpAfter(account.folder, shell) };
  expect(await account.start(['run', '--force'], env).finished).toMatchObject({ status: 1 });
  pinged();
  expect(await account.start(['run'], env).finished).toMatchObject({ status: 0 });
  expect(pinged()).toMatchObject([
    { url: '/start' },
    { url: '/success', body: expect.stringContaining('main/late: its database was dropped meanwhile') },
  ]);
});

test('a catalogue that is lost is rebuilt from the archives, the cluster as a cluster', async () => {
  await addMain();
  await account.results('--force');
  await account.pgbak('del', 'main', '--yes');
  const place = `file:${account.folder.at('backups')}`;
  expect(await account.pgbak('catalog', 'rebuild', '--from', place)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('pgbak restore main --all-databases --to '),
  });
  const { stdout } = await account.pgbak('list');
  expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining(['main', 'main/globals', 'main/crm', 'main/shop']),
  );
  await account.pgbak('edit', 'main', '--connection-string', cluster.url('postgres'), '--exclude-database', 'postgres');
  expect((await account.results('--force')).every(({ status }) => status === 'success')).toBe(true);
});

const WRONG: readonly (readonly [readonly string[], string])[] = [
  [['edit', 'main', '--no-all-databases'], 'main is a whole cluster, and cannot become a single database'],
  [['edit', 'main/shop', '--frequency-hrs', '3'], 'pgbak edit main'],
  [['del', 'main/shop', '--yes'], 'pgbak del main'],
  [['restore', 'main', '--to', 'postgresql://localhost/x'], 'Or restore all of them: --all-databases --to '],
  [['restore', 'main/shop', '--all-databases', '--to', 'postgresql://localhost/x'], 'pgbak restore main'],
  [['restore', 'main', '--all-databases', '--at', '1', '--to', 'postgresql://localhost/x'], 'is of one database'],
  [['restore', 'main', '--all-databases', '--at', 'yesterdy', '--to', 'postgresql://localhost/x'], 'nor a time'],
  [['restore', 'main', '--all-databases', '--jobs', '2', '--to', 'postgresql://localhost/x'], 'Leave --jobs out'],
  [['edit', 'main', '--include-database', 'a.b'], 'Put the name into quotes'],
  [['edit', 'main', '--forget-database', 'shpo'], 'knows no database shpo of main'],
  [['add', '--name=x', '--connection-string=postgresql:///x', '--include-database=a*'], 'add --all-databases'],
];

test('what cannot be meant is refused, with what to do', async () => {
  await addMain();
  await account.results('main', '--force');
  for (const [words, told] of WRONG) {
    const { status, stderr } = await account.pgbak(...words);
    expect({ words, status, stderr }).toEqual({ words, status: 2, stderr: expect.stringContaining(told) });
  }
  const before = ['restore', 'main', '--all-databases', '--at', '2020-01-01', '--to', cluster.url('postgres')];
  expect(await account.pgbak(...before)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('Nothing was restored: there was no backup yet.'),
  });
  const place = `file:${account.folder.at('backups')}`;
  const single = { 'connection-string': cluster.url('shop'), destination: place };
  expect((await account.add({ ...single, name: 'main/shop' })).stderr).toContain('a server named "main/shop" already');
  // A database of that name may come.
  expect((await account.add({ ...single, name: 'other', 'archive-name': 'main/other' })).stderr).toContain(
    'could get the same names',
  );
});
