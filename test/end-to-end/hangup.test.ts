import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';
import { processesOf, processesWith } from '../support/processes.ts';
import { slowPgDump } from '../support/slow-programs.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  account = newAccount();
  account.env['PGBAK_PG_BIN'] = slowPgDump(account.folder, 3);
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'min-size': 1,
  });
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

test('a backup that nohup started outlives a hangup of its whole process group {stop@dump}', async () => {
  const child = spawn('nohup', [process.execPath, PGBAK, 'run', '--force'], {
    env: account.env,
    stdio: 'ignore',
    detached: true,
  });
  const exited = once(child, 'exit');
  await eventually('the dump', () => processesWith(`${account.folder.at('slow programs')}/pg_dump`).length > 0);
  process.kill(-(child.pid ?? 0), 'SIGHUP');
  expect(await exited).toEqual([0, null]);
});

// Node takes a moment to load pgbak, and in it the hangup comes that a shell sends to all it started.
const WHILE_LOADING = `import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) register(import.meta.url);
export async function load(url, context, nextLoad) {
  if (url.endsWith('/dist/main.js')) {
    process.kill(process.pid, 'SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return await nextLoad(url, context);
}`;

test.each([
  ['is ignored under nohup', 'nohup "$@"', 0],
  ['ends it without nohup', '"$@"; exit $?', 129],
] as const)('a hangup while pgbak is being loaded %s {stop@connect}', async (_title, script, status) => {
  const hook = account.folder.at('while-loading.mjs');
  writeFileSync(hook, WHILE_LOADING);
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, PGBAK, 'run', '--dry-run'], {
    env: { ...account.env, NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` },
    stdio: 'ignore',
  });
  expect(await once(child, 'exit')).toEqual([status, null]);
});

test('a backup in a terminal ends in order when the terminal hangs up {stop@dump}', async () => {
  using terminal = openTerminal(account.env);
  terminal.enter('pgbak run --force; echo status $?');
  await eventually('the dump', () => processesWith(`${account.folder.at('slow programs')}/pg_dump`).length > 0);
  for (const { pid } of processesOf(account.folder.path, `${PGBAK} run --force`)) process.kill(pid, 'SIGHUP');
  expect(await terminal.shows(/status \d+/)).toMatch(/interrupted by SIGHUP[^]*status 129/);
});

test.each([
  ['that a shell started with its output in a file ends in order when it is hung up {stop@dump}', '', 129],
  ['that a shell with SIGHUP turned off started goes on when it is hung up {stop@dump}', "trap '' HUP;", 0],
] as const)('a backup %s', async (_title, before, status) => {
  const child = spawn('bash', ['-c', `${before} "$0" "$@"; exit $?`, process.execPath, PGBAK, 'run', '--force'], {
    env: account.env,
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await eventually('the dump', () => processesWith(`${account.folder.at('slow programs')}/pg_dump`).length > 0);
  const pgbak = processesOf(account.folder.path, `${PGBAK} run --force`).filter(({ pid }) => pid !== child.pid);
  for (const { pid } of pgbak) process.kill(pid, 'SIGHUP');
  expect(await exited).toEqual([status, null]);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('a prompt that waits ends at %s, and the terminal is as it was {stop@connect}', async (signal, status) => {
  using terminal = openTerminal(account.env);
  for (const [words, question] of [
    ['add --no-check', 'Connection string'],
    ['edit', 'Edit which server?'],
    ['del shop', 'Forget shop?'],
  ] as const) {
    terminal.enter(`clear; pgbak ${words}; echo status $?`);
    await terminal.shows(question);
    for (const { pid } of processesOf(account.folder.path, `${PGBAK} ${words}`)) process.kill(pid, signal);
    await terminal.shows(`status ${status}`);
    terminal.enter('clear; stty -a');
    expect(await terminal.shows('echonl')).toMatch(/ icanon [^]* echo /);
  }
  expect(await account.json('list')).toMatchObject([{ name: 'shop' }]);
});
