import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHttpRecorder } from '../support/http-recorder.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

function change(account: Account, statement: string): void {
  const database = new Database(account.catalogPath);
  database.exec(statement);
  database.close();
}

async function accountOf(...names: string[]): Promise<Account> {
  const account = newAccount();
  for (const name of names) {
    await account.add({
      name,
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.at('backups')}`,
      'no-check': true,
    });
  }
  return account;
}

describe('a record of which a field cannot be read', () => {
  test('puts its server alone in error in every command, and edit mends it {damaged@record}', async () => {
    await using receiver = await startHttpRecorder();
    using account = await accountOf('good', 'bad', 'other');
    await account.pgbak('edit', 'bad', '--hc-url-fail', `${receiver.url}/fail`);
    change(
      account,
      "update servers set exclude_tables = 'public.audit', min_size = 'much' where name = 'bad'; update servers set last_success_run = 'garbage' where name = 'other'",
    );
    expect(await account.results('--force')).toMatchObject([
      { name: 'good', status: 'success' },
      {
        name: 'bad',
        status: 'failed',
        error: expect.stringMatching(/exclude_tables is no list of texts, as JSON; min_size is no/),
      },
      {
        name: 'other',
        status: 'failed',
        error: expect.stringMatching(/last_success_run is no time\nGive it anew: pgbak edit 3$/),
      },
    ]);
    expect(receiver.requests.map(({ url, body }) => [url, body.includes('exclude_tables')])).toEqual([['/fail', true]]);
    const rows = await account.json('list');
    expect(rows).toMatchObject([{ name: 'good' }, { error: expect.stringMatching(/exclude_tables/) }, {}]);
    expect(await account.json('status')).toMatchObject([
      { name: 'good', state: 'OK' },
      { name: 'bad', state: 'FAILING', reason: expect.stringMatching(/exclude_tables/) },
      { name: 'other', state: 'FAILING', reason: expect.stringMatching(/last_success_run/) },
    ]);
    expect((await account.pgbak('doctor')).stdout).toMatch(/exclude_tables is no list/);
    expect(await account.pgbak('logs')).toMatchObject({ status: 0 });
    expect(await account.pgbak('backups')).toMatchObject({ status: 0 });
    expect(await account.pgbak('prune')).toMatchObject({ status: 1, stderr: expect.stringMatching(/bad: its record/) });

    expect(await account.pgbak('edit', 'bad', '--frequency-hrs', '6')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Give it anew: pgbak edit 2 --exclude-table \.\.\. --min-size \.\.\./),
    });
    expect(await account.pgbak('edit', '2', '--exclude-table', 'public.audit', '--min-size', '1')).toMatchObject({
      status: 0,
    });
    expect(await account.pgbak('edit', 'other')).toMatchObject({ status: 0 });
    expect(await account.results('--force')).toMatchObject([
      { status: 'success' },
      { status: 'success' },
      { status: 'success' },
    ]);
    change(account, "update servers set name = x'ff' where id = 3");
    expect(await account.pgbak('del', '3', '--yes')).toMatchObject({ status: 0 });
    expect(await account.pgbak('list')).toMatchObject({ status: 0 });
  });

  test('of large objects is given anew, and no default takes its place {damaged@record}', async () => {
    using account = await accountOf('shop');
    change(account, "update servers set no_large_objects = 'perhaps'");
    expect(await account.pgbak('edit', 'shop', '--frequency-hrs', '6')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no_large_objects .*\n.*--large-objects/),
    });
    expect(await account.pgbak('edit', 'shop', '--no-large-objects')).toMatchObject({ status: 0 });
    expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
  });

  test('of the log, costs no more than that field {damaged@record}', async () => {
    using account = await accountOf('good');
    await account.pgbak('run');
    for (const value of ["'garbage'", "x'ff00'", '17']) {
      change(
        account,
        `update backup_log set warnings = ${value}, started_at = ${value}, roles = ${value}, encoding = ${value}`,
      );
      for (const command of [['list'], ['logs'], ['logs', '--id', '1'], ['backups'], ['run']]) {
        const { status, stderr } = await account.pgbak(...command);
        expect({ command, value, status, stderr }).toEqual({ command, value, status: 0, stderr: '' });
      }
      expect(await account.json('logs')).toMatchObject([
        { success: true, warnings: [expect.stringMatching(/cannot be read: .*started_at/)] },
      ]);
    }
  });
});

test('a record that breaks while others are backed up fails alone, under the lock to the end {damaged@dump}', async () => {
  using account = await accountOf('a', 'b', 'c');
  const database = new Database(account.catalogPath);
  // c is listed, and breaks before its turn: b is quick, a waits.
  const run = account.start(['run', '--force', '--json', '--jobs', '2', '--jobs-per-host', '2']);
  const attempts = database.prepare("select count(*) from backup_log where server_name = 'b'").pluck();
  while (attempts.get() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  database.exec("update servers set exclude_tables = 'x' where name = 'c'");
  database.close();
  const { status, stdout } = await run.finished;
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    results: [
      { name: 'a', status: 'success' },
      { name: 'b', status: 'success' },
      { name: 'c', status: 'failed', error: expect.stringMatching(/exclude_tables/) },
    ],
  });
});
