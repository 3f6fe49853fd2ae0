import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fillCatalog } from '../support/large-catalog.ts';
import { newAccount, type Account } from '../support/pgbak.ts';

// 50 servers, an attempt an hour for 1000 hours; every second server has rules, and 100 archives in storage.
let account: Account;
beforeAll(async () => {
  account = newAccount();
  const place = `file:${account.folder.at('backups-of-the-log')}`;
  mkdirSync(account.folder.at('backups-of-the-log'));
  const flags = { name: 'one', 'connection-string': 'postgresql://x@127.0.0.1:1/shop', destination: place };
  await account.add({ ...flags, 'no-check': true });
  fillCatalog(account.catalogPath, { servers: 50, rows: 50_000, place });
});
afterAll(() => account[Symbol.dispose]());

function ask<Row>(query: string): Row[] {
  const catalog = new Database(account.catalogPath);
  try {
    return catalog.prepare<[], Row>(query).all();
  } finally {
    catalog.close();
  }
}
const ids = (query: string) => ask<{ id: number }>(`select id from backup_log where ${query} order by id`);

/** What `status` says, but for ages. */
async function judged(): Promise<unknown[]> {
  const rows = (await account.json('status')) as Record<string, unknown>[];
  return rows.map((row) => ({ ...row, lastSuccessAgeSeconds: undefined }));
}

test('a history of 50,000 attempts does not pass through memory', async () => {
  const commands = [
    ['list'],
    ['status'],
    ['logs', 'one', '--failed'],
    ['backups', '--limit=3'],
    ['run'],
    ['prune', '--dry-run'],
    ['logs', '--trim', '--dry-run'],
  ];
  // All the rows, as the records that are made of them, are more than twice that.
  const runs = commands.map((args) => account.start(args, { NODE_OPTIONS: '--max-old-space-size=32' }).finished);
  // 1 of those that look at storage: none of the archives is there.
  expect((await Promise.all(runs)).map(({ status }) => status)).toEqual([0, 1, 0, 1, 0, 1, 0]);
});

test('history that nothing needs can be trimmed; entries of stored backups stay, and the last ones of each server {locked@record}', async () => {
  const isStored = 'object_id is not null and removed_at is null';
  const failing = "select distinct server_id from backup_log where success = '0' and finished_at is not null";
  const stored = ids(isStored);
  const failed = ask(failing);
  const all = ids('true').length;
  const status = await judged();
  const dry = (await account.json('logs', '--trim', '--keep-days=10', '--dry-run')) as { attempts: number };
  expect(dry).toMatchObject({ attempts: expect.any(Number), verifications: 0, dryRun: true });
  expect(ids('true')).toHaveLength(all);

  // A run that is under way, and one of which storage may hold something.
  const [running, unsettled] = ids("success = '0' and finished_at < date('now', '-20 days')").map(({ id }) => id);
  ask(`update backup_log set finished_at = null, result = 'Running' where id = ${running} returning id`);
  ask(`update backup_log set unsettled = 1 where id = ${unsettled} returning id`);
  const holder = new Database(`${account.catalogPath}.lock`);
  holder.exec('begin exclusive');
  expect(await account.pgbak('logs', '--trim')).toMatchObject({ status: 75 });
  holder.close();

  const trimmed = (await account.json('logs', '--trim', '--keep-days=10')) as { attempts: number };
  expect(trimmed).toMatchObject({ attempts: expect.any(Number), verifications: 0, dryRun: false });
  expect(ids('true')).toHaveLength(all - trimmed.attempts);
  // Of 19,000 that were older than it, one good and one failed of each server are left.
  expect(ids(`finished_at < date('now', '-11 days') and not (${isStored})`).length).toBeLessThan(110);
  expect(ids(isStored)).toEqual(stored);
  expect(ids(`id in (${running}, ${unsettled})`)).toHaveLength(2);
  expect(ask(failing)).toEqual(failed);
  expect(await judged()).toEqual(status);
  expect(await account.pgbak('logs', '--trim')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Nothing from before/),
  });
  expect(await account.pgbak('logs', '--keep-days=10')).toMatchObject({ status: 2 });
});
