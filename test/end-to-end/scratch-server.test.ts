import { readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => {
  expect(processesWith(account.folder.path)).toEqual([]);
  expect(readdirSync(account.temporary)).toEqual([]);
  account[Symbol.dispose]();
});

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

test.each([
  ['run', ['run', '--force']],
  ['verify', ['verify', 'shop', '--level', 'restore']],
])(
  'what a killed verification left, server and all, is gone after the next %s {kill@scratch}',
  async (_what, next) => {
    const hang = account.folder.at('hang');
    await backUp(
      `create function public.waits() returns boolean language plpgsql as $$ begin
       if (pg_catalog.pg_stat_file('${hang}', true)).size is not null then perform pg_catalog.pg_sleep(600); end if;
       return true; end $$;
     create table t (n int check (public.waits())); insert into t values (1)`,
    );
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
