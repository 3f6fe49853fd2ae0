import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';

/** What retitles a window and clears it, a line break that would begin another row, and marks that reorder text. */
const ODD = '\x1b]0;owned\x07\x1b[2J\nshop  OK\u202e\u009b31m';
const SHOWN = String.raw`\x1b]0;owned\x07\x1b[2J\nshop  OK\u202e\x9b31m`;
// oxlint-disable-next-line no-control-regex
const RAW = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase(ODD);
  await cluster.sql(ODD, `create table "${ODD}" as select 1 as n; create table t (n int)`);
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => account[Symbol.dispose]());

/** Adds a server whose database and directory have that name, and gives it that name too, as an adopted file may. */
async function addOdd(): Promise<void> {
  const destination = `file:${account.folder.at(ODD)}`;
  mkdirSync(account.folder.at(ODD));
  const url = cluster.url(ODD);
  const words = ['--name', 'shop', '--connection-string', url, '--destination', destination, '--min-size', '1'];
  expect(await account.pgbak('add', ...words, '--create-destination')).toMatchObject({ status: 0 });
  const catalog = new Database(account.catalogPath);
  catalog.prepare('update servers set name = ?').run(ODD);
  catalog.close();
}

test('names that hold escape sequences and line breaks are shown and not obeyed, everywhere {hostile@connect}', async () => {
  await addOdd();
  const outputs: string[] = [];
  const look = async (...words: string[]) => {
    const { stdout, stderr } = await account.pgbak(...words);
    outputs.push(stdout, stderr);
    return stdout;
  };
  await look('run', '--force');
  const tables: string[] = [];
  for (const command of ['list', 'status', 'logs', 'backups', 'doctor', 'prune']) tables.push(await look(command));
  await look('logs', '--id', '1');
  tables.push(await look('verify', '--level', 'restore', '--scratch-url', cluster.url('postgres')));
  await look('backups', '--remote', `file:${account.folder.at(ODD)}`);
  await look('restore', '1', '--to', cluster.url(ODD));
  await look('edit', '1', '--destination', `file:${account.folder.at(`${ODD} is not there`)}`);
  const metrics = await look('status', '--prometheus');
  for (const text of outputs) expect(text).not.toMatch(RAW);
  expect(outputs.join('\n')).toContain(SHOWN);
  // A row or a heading of its own would begin with it; in sentences and the log what follows is no row.
  expect([...tables, metrics].join('\n')).not.toMatch(/^shop {2}OK/m);
  expect(metrics).toContain(`pgbak_state{server="${SHOWN.replaceAll('\\', '\\\\').replace(/\\\\n/, String.raw`\n`)}"`);

  const rebuilt = { DB_PATH: account.folder.at('rebuilt.sqlite') };
  const from = account.folder.at(ODD);
  for (const name of readdirSync(from).filter((one) => one.endsWith('.7z'))) {
    renameSync(`${from}/${name}`, `${from}/${name.replace('shop', `shop${ODD}`.replaceAll('/', ''))}`);
  }
  const { stdout, stderr } = await account.start(['catalog', 'rebuild', '--from', `file:${from}`], rebuilt).finished;
  expect(stdout + stderr).not.toMatch(RAW);
});

test('a prompt shows them as well, and takes the name as it is shown {hostile@load}', async () => {
  await addOdd();
  await account.pgbak('run');
  using terminal = openTerminal({ ...account.env, TARGET: cluster.url(ODD) });
  terminal.enter(`clear; node '${PGBAK}' restore 1 --clean --to "$TARGET"`);
  await terminal.shows(/To replace it, type its name/);
  terminal.enter(SHOWN);
  await terminal.shows(/Restored backup 1/);
});
