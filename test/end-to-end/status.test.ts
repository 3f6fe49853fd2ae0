import { spawnSync } from 'node:child_process';
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** A server, and its attempts: hours ago, what came of it, and its warning. */
async function addHistory(
  account: Account,
  name: string,
  frequency: number,
  attempts: [number, 'good' | 'bad', string?][],
) {
  await account.add({
    name,
    'connection-string': 'postgresql:///x',
    destination: 'file:/srv',
    'frequency-hrs': frequency,
    'no-check': true,
  });
  const database = new Database(account.catalogPath);
  const { id } = database.prepare('select id from servers where name = ?').get(name) as { id: number };
  for (const [hours, result, warning] of attempts) {
    database
      .prepare(
        `insert into backup_log (server_id, server_name, ts, result, success, started_at, finished_at, file_size, warnings)
         values (?, ?, '20261101T000000', ?, ?, ?, ?, 5000, ?)`,
      )
      .run(
        id,
        name,
        result === 'good' ? 'Success' : 'no connection\nhint',
        result === 'good' ? '1' : '0',
        hoursAgo(hours),
        hoursAgo(hours),
        JSON.stringify(warning === undefined ? [] : [warning]),
      );
    if (result === 'good')
      database.prepare('update servers set last_success_run = ? where id = ?').run(hoursAgo(hours), id);
  }
  database.close();
}

async function addAll(account: Account): Promise<void> {
  await addHistory(account, 'fine', 24, [[23, 'good']]);
  await addHistory(account, 'still under way', 24, [[29.5, 'good']]);
  // A quarter of its frequency is its grace.
  await addHistory(account, 'late', 24, [[30.5, 'good']]);
  await addHistory(account, 'failing', 24, [
    [20, 'good'],
    [1, 'bad'],
  ]);
  await addHistory(account, 'changed "size"\\', 24, [[2, 'good', 'the archive grew by 50 %']]);
  await addHistory(account, 'never', 24, []);
}

test('with --utc, tables that tell ages tell times', async () => {
  using account = newAccount();
  await addHistory(account, 'fine', 24, [[23, 'good']]);
  expect((await account.pgbak('status')).stdout).toMatch(/^fine .* 23 hours ago /m);
  const { stdout } = await account.pgbak('status', '--utc');
  expect(stdout).toContain(`${hoursAgo(23).slice(0, 13).replace('T', ' ')}:`);
  expect(stdout).toContain(' UTC');
  expect(stdout).not.toContain(' ago');
  for (const command of ['list', 'prune']) {
    expect(await account.pgbak(command, '--utc')).toMatchObject({ status: 0 });
  }
});

describe('status', () => {
  test('tells each server apart, and is 0 only when all are OK', async () => {
    using account = newAccount();
    await addHistory(account, 'fine', 24, [[23, 'good']]);
    expect((await account.pgbak('status')).status).toBe(0);
    await addAll(account);
    const { status, stdout } = await account.start(['status', '--json']).finished;
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'fine', state: 'OK', reason: null, lastSuccessAgeSeconds: expect.any(Number), size: 5000 },
      { name: 'still under way', state: 'OK' },
      { name: 'late', state: 'LATE', reason: expect.stringMatching(/every 24 h/) },
      { name: 'failing', state: 'FAILING', reason: 'no connection' },
      { name: 'changed "size"\\', state: 'WARNING', reason: 'the archive grew by 50 %' },
      { name: 'never', state: 'NEVER', lastSuccess: null },
    ]);
    expect((await account.pgbak('status')).stdout).toMatch(
      /failing\s+FAILING\s+20 hours ago\s+5\.0 kB\s+never\s+no connection/,
    );
  });

  test('prints metrics that promtool accepts', async () => {
    using account = newAccount();
    await addAll(account);
    const { status, stdout } = await account.pgbak('status', '--prometheus');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^pgbak_last_success_timestamp_seconds\{server="fine"\} 1\d{9}(\.\d+)?$/m);
    expect(stdout).toMatch(/^pgbak_state\{server="late",state="late"\} 1$/m);
    expect(stdout).toMatch(/^pgbak_last_attempt_success\{server="failing"\} 0$/m);
    expect(stdout).not.toMatch(/^pgbak_last_success_timestamp_seconds\{server="never"\}/m);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: stdout, encoding: 'utf8' });
    if (checked.error !== undefined) {
      process.stderr.write('NOTICE: promtool is not installed, so that the metrics were not checked by it\n');
      return;
    }
    expect({ status: checked.status, said: checked.stdout + checked.stderr }).toEqual({ status: 0, said: '' });
  });
});

test('list draws the last sizes, logs --id shows the whole of one entry', async () => {
  using account = newAccount();
  await addHistory(account, 'shop', 24, [
    [3, 'good'],
    [2, 'bad'],
    [1, 'good'],
  ]);
  expect((await account.pgbak('list')).stdout).toContain('██');
  const { stdout } = await account.pgbak('logs', 'shop', '--id', '2');
  expect(stdout).toMatch(/^result {7}failed$/m);
  expect(stdout).toMatch(/^error {8}no connection\n {13}hint$/m);
  expect(await account.pgbak('logs', '--id', '77')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/there is no backup 77/),
  });
  expect(await account.json('backups', 'shop')).toMatchObject([{ backupId: 3, success: true }, { backupId: 1 }]);
});
