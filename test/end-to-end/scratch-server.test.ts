import { chmodSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { clientPrograms } from '../support/postgres/versions.ts';
import { processesWith } from '../support/processes.ts';
import { CAN_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import { account, begin, cluster, setTheScene } from './account-scene.ts';

setTheScene();

let count = 0;

/** A database of its own with that content, backed up once as `shop`. */
async function backUp(content: string, flags: Record<string, string | true> = {}): Promise<string> {
  const name = `source${(count += 1)}`;
  await cluster.createDatabase(name);
  await cluster.sql(name, content);
  await account.add({
    name: 'shop',
    'connection-string': cluster.url(name),
    destination: `file:${account.folder.at('backups')}`,
    'min-size': '1',
    ...flags,
  });
  const made = (await account.results()).filter(({ status }) => status !== 'skipped');
  expect(made).toMatchObject([{ status: 'success', warnings: [] }]);
  return name;
}

/** A backup whose load does not go on as long as there is a file; its path. */
async function backUpWaiting(): Promise<string> {
  const file = account.folder.at('hang');
  await begin('a load that waits', async () => await backUp(WAITING(file)));
  return file;
}

const WAITING = (file: string) => `
  create function public.waits() returns boolean language plpgsql as $$ begin
    if (pg_catalog.pg_stat_file('${file}', true)).size is not null then perform pg_catalog.pg_sleep(600); end if;
    return true; end $$;
  create table t (n int check (public.waits())); insert into t values (1)`;

test.each([
  ['run', ['run', '--force']],
  ['verify', ['verify', 'shop', '--level', 'restore']],
])(
  'what a killed verification left, server and all, is gone after the next %s {kill@scratch}',
  async (_what, next) => {
    const hang = await backUpWaiting();
    writeFileSync(hang, '');
    const running = account.start(['verify', 'shop', '--level', 'restore']);
    const isOurs = ({ pid }: { pid: number }) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(account.temporary);
      } catch {
        return false;
      }
    };
    await eventually('the load hangs', () => processesWith(' pgbak_verify').some((one) => isOurs(one)), 90_000);
    const left = () => readdirSync(account.temporary);
    for (const name of left()) expect(statSync(`${account.temporary}/${name}`).mode & 0o777).toBe(0o700);
    running.child.kill('SIGKILL');
    await running.finished;
    expect(left()).not.toEqual([]);
    rmSync(hang);
    expect(await account.pgbak(...next)).toMatchObject({ status: 0 });
    expect(left()).toEqual([]);
  },
  400_000,
);

test('tablespaces that a target lacks are left out, and the plan says so {gone@load, gone@scratch}', async () => {
  await cluster.sql('postgres', 'set allow_in_place_tablespaces = on; create tablespace "Fast one" location \'\'');
  const content = 'create table t (n int primary key) tablespace "Fast one"; insert into t values (1)';
  const sources = [await backUp(content), await backUp(content, { name: 'binary', format: 'binary' })];
  for (const source of sources) await cluster.sql('postgres', `drop database ${source}`);
  expect(await account.json('verify', '--level', 'restore')).toMatchObject([{ isGood: true }, { isGood: true }]);
  await cluster.sql('postgres', 'drop tablespace "Fast one"');
  const scratch = ['--scratch-url', cluster.url('postgres')];
  expect(await account.json('verify', '--level', 'restore', ...scratch)).toMatchObject([
    { isGood: true },
    { isGood: true },
  ]);
  for (const name of ['shop', 'binary']) {
    expect(await account.pgbak('restore', name, '--to', cluster.url(`of_${name}`), '--create')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/left out: tablespaces \(the server lacks Fast one,/),
    });
    expect(await cluster.sql(`of_${name}`, 'select n from t')).toBe('1');
  }
}, 400_000);

describe('a server that was named keeps no database', () => {
  afterEach(async () => {
    // What one test left must not be taken for the next one's.
    const left = await cluster.sql('postgres', "select datname from pg_database where datname like 'pgbak_verify%'");
    for (const name of left.split('\n').filter((one) => one !== '')) {
      await cluster.sql('postgres', `drop database "${name}" with (force)`);
    }
  });
  const databases = () =>
    cluster.sql('postgres', "select count(*) from pg_database where datname like 'pgbak_verify%'");
  const verifying = () => ['verify', 'shop', '--level', 'restore', '--scratch-url', cluster.url('postgres')];
  const waitingLoad = () =>
    cluster.sql(
      'postgres',
      "select datname from pg_stat_activity where datname like 'pgbak_verify%' and wait_event = 'PgSleep'",
    );

  /** A verification that hangs while it loads, and the name of its database. */
  async function hangingLoad() {
    const hang = await backUpWaiting();
    writeFileSync(hang, '');
    const running = account.start(verifying());
    const name = await eventually('the load hangs', waitingLoad, 90_000);
    return { running, name, letGo: () => rmSync(hang) };
  }

  test('when the user stops it, though another session holds it {stop@scratch, locked@scratch}', async () => {
    const { running, name } = await hangingLoad();
    const holder = cluster
      .sql(name, 'begin; lock table pg_catalog.pg_statistic_ext; select pg_sleep(600)')
      .catch(String);
    const isHeld = `select count(*) from pg_stat_activity where datname = '${name}' and query like '%pg_sleep(600)%'`;
    await eventually('somebody holds it', async () => (await cluster.sql('postgres', isHeld)) !== '0');
    running.child.kill('SIGTERM');
    const { status, stderr } = await running.finished;
    expect({ status, left: await databases(), stderr }).toMatchObject({ status: 143, left: '0' });
    expect(await holder).toMatch(/terminating connection/);
  });

  test('longer than to the next verification, when pgbak is killed {kill@scratch}', async () => {
    const { running, letGo } = await hangingLoad();
    running.child.kill('SIGKILL');
    await running.finished;
    expect(await databases()).toBe('1');
    letGo();
    expect(await account.pgbak(...verifying())).toMatchObject({ status: 0 });
    expect(await databases()).toBe('0');
  });

  test('when its session is ended, which says nothing about the backup {lost@scratch}', async () => {
    const { running, name } = await hangingLoad();
    await cluster.sql('postgres', `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    expect(await running.finished).toMatchObject({ status: 1, stdout: expect.stringMatching(/unknown/) });
    expect(await databases()).toBe('0');
  });
});

describe('a backup stays unknown, not bad, where', () => {
  beforeEach(async () => await begin('a small table', async () => await backUp('create table t as select 1 as n')));
  const seen = (...more: string[]) => account.json('verify', 'shop', '--level', 'restore', ...more);
  const unknown = (message: RegExp) => [{ verdict: 'unknown', message: expect.stringMatching(message) }];

  test('the role may make no databases, or its password is wrong {denied@scratch, secret@scratch}', async () => {
    await cluster.sql('postgres', "create role modest login password 'modest'");
    const as = (password: string) => cluster.url('postgres', { user: 'modest', password });
    expect(await seen('--scratch-url', as('modest'))).toMatchObject(unknown(/permission denied to create database/));
    expect(await seen('--scratch-url', as('wrong'))).toMatchObject(unknown(/password/));
  });

  test('no server is installed to restore into {gone@scratch}', async () => {
    const programs = account.folder.at('programs');
    mkdirSync(programs);
    for (const name of ['psql', 'pg_dump', 'pg_restore']) {
      const script = `#!/bin/sh\nexec ${clientPrograms(15)}/${name} "$@"\n`;
      writeFileSync(`${programs}/${name}`, script, { mode: 0o755 });
    }
    account.env['PGBAK_PG_BIN'] = programs;
    expect(await seen()).toMatchObject(unknown(/no PostgreSQL server is installed here to restore into/));
  });

  test('the disk of the throwaway server is full {full@scratch}', async () => {
    if (!CAN_MOUNT) {
      process.stderr.write('NOTICE: not root, so that no small disk was mounted\n');
      return;
    }
    using disk = mountSmallDisk(account.folder.at('small'), 8_000_000);
    chmodSync(disk.path, 0o711);
    account.env['PGBAK_TMPDIR'] = disk.path;
    expect(await seen()).toMatchObject(unknown(/No space left on device/));
    expect(readdirSync(disk.path)).toEqual([]);
  });

  test('but it is verified elsewhere where the account may not enter PGBAK_TMPDIR {denied@scratch}', async () => {
    chmodSync(account.folder.path, 0o700);
    expect(await seen()).toMatchObject([{ verdict: 'good' }]);
  });
});
