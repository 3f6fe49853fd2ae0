import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { inGerman, SPEAKS_GERMAN } from '../support/postgres/german.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const plain = { user: 'plain', password: 'plain' };
const ifGerman = SPEAKS_GERMAN ? describe : describe.skip;

ifGerman('of a server that speaks German', () => {
  const locale = temporaryFolder();
  let cluster: Cluster;
  let account: Account;
  beforeAll(async () => {
    chmodSync(locale.path, 0o755);
    cluster = await startCluster(inGerman(locale));
    await cluster.sql(
      'postgres',
      `create role plain login createdb password 'plain'; create role full login connection limit 0 password 'full';
      create role boss`,
    );
    for (const name of ['denied', 'hidden', 'locked', 'owned', 'target']) await cluster.createDatabase(name);
    await cluster.sql('denied', 'create table t (n int)');
    await cluster.sql(
      'hidden',
      'create table t (n int); grant select on t to plain; alter table t enable row level security',
    );
    await cluster.sql('locked', 'create table t (n int); grant select on t to plain');
    await cluster.sql('owned', 'create table t (n int); alter table t owner to boss');
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    locale[Symbol.dispose]();
  });
  beforeEach(() => {
    account = newAccount();
  });
  afterEach(() => account[Symbol.dispose]());

  const add = (url: string, more: Record<string, string | true> = {}) =>
    account.add({
      name: 'shop',
      'connection-string': url,
      destination: `file:${account.folder.at('backups')}`,
      'min-size': '1',
      ...more,
    });

  test.each([
    ['a wrong password', 'postgres', { ...plain, password: 'x' }, /fehlgeschlagen\nCorrect the user or the password/],
    ['a missing database', 'none', plain, /there is no database none on .*\nWas the database renamed/],
    ['a database without connections left', 'postgres', { user: 'full', password: 'full' }, /ALTER ROLE .* LIMIT/],
  ])('%s is recognized {refused@connect}', async (_case, database, role, hint) => {
    expect(await add(cluster.url(database, role))).toMatchObject({ status: 1, stderr: expect.stringMatching(hint) });
  });

  test.each([
    ['a table that may not be read is', 'denied', /keine Berechtigung[^]*GRANT pg_read_all_data/],
    ['rows that a policy hides are', 'hidden', /row-level security hides rows of table \S*t\b/],
  ])('%s recognized {denied@dump}', async (_case, database, hint) => {
    await add(cluster.url(database, plain), { 'no-check': true });
    const { status, stderr } = await account.pgbak('run');
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(hint) });
  });

  test('a table that somebody keeps locked is recognized {locked@dump}', async () => {
    await add(cluster.url('locked', plain), { 'lock-wait-sec': '1' });
    const holder = spawn('psql', ['-XAtq', '-d', cluster.url('locked')], { stdio: ['pipe', 'pipe', 'ignore'] });
    holder.stdin.write("begin; lock table t; select 'locked';\n");
    await once(holder.stdout, 'data');
    const { status, stderr } = await account.pgbak('run');
    holder.stdin.end();
    await once(holder, 'close');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/another session kept table \S*t\b.* locked/),
    });
  });

  test('what a restore may not do, and the owner that it misses, are recognized {denied@load, gone@load}', async () => {
    await add(cluster.url('owned'));
    expect(await account.pgbak('run')).toMatchObject({ status: 0 });
    await cluster.sql('owned', 'alter table t owner to postgres; drop role boss');
    const restore = () => account.pgbak('restore', 'shop', '--to', cluster.url('target', plain), '--yes');
    expect(await restore()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/GRANT CREATE ON SCHEMA public/),
    });
    await cluster.sql('target', 'grant create on schema public to plain');
    expect(await restore()).toMatchObject({ status: 1, stderr: expect.stringMatching(/CREATE ROLE "boss"/) });
    // Every backup that a test makes is restored once more.
    await cluster.sql('owned', 'create role boss; alter table t owner to boss');
  });
});
