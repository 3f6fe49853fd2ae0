import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
let account: Account;
let receiver: HttpRecorder;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table t as select n, md5(n::text) as t from generate_series(1, 3000) as n');
  receiver = await startHttpRecorder();
  account = newAccount();
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'hc-url-success': `${receiver.url}/success`,
    'hc-url-fail': `${receiver.url}/fail`,
  });
  await account.pgbak('run');
});
afterAll(async () => {
  account[Symbol.dispose]();
  await receiver[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

/** A line for a shell that has pgbak, in the account; what came of it. */
async function shell(line: string, env: Record<string, string> = {}) {
  const child = spawn('bash', ['-c', `set -o pipefail; pgbak() { "${process.execPath}" "${PGBAK}" "$@"; }; ${line}`], {
    env: { ...account.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { status: status as number, stdout, stderr };
}

const lastBackup = async () =>
  ((await account.json('logs', '--limit=1')) as { backupId: number; success: boolean }[])[0];

describe('a backup whose output cannot be written is made, recorded and pinged, and the status tells,', () => {
  test.each([
    ['a full disk behind standard error {full@record, output@dump}', 'pgbak run --force 2>/dev/full'],
    ['a full disk behind standard output {full@record, output@record}', 'pgbak run --force >/dev/full'],
    ['a full disk behind both {output@ping}', 'pgbak run --force >/dev/full 2>&1'],
    ['a full disk behind JSON {output@record}', 'pgbak run --force --json >/dev/full'],
    ['a reader of both that goes away {output@connect}', 'pgbak run --force 2>&1 | head -1 >/dev/null'],
    ['a reader of standard error that goes away {output@dump}', 'pgbak run --force 2> >(head -c 1 >/dev/null)'],
    [
      'a reader that has gone {output@connect}',
      'pgbak run --force --json 2> >(exec <&-; sleep 1) > >(exec <&-; sleep 1)',
    ],
  ])('%s', async (_case, line) => {
    const before = (await lastBackup())?.backupId ?? 0;
    receiver.requests.length = 0;
    const { status, stdout, stderr } = await shell(line);
    expect(status).toBe(1);
    expect(await lastBackup()).toMatchObject({ backupId: before + 1, success: true });
    expect(receiver.requests.map(({ url }) => url)).toEqual(['/success']);
    expect(stdout + stderr).not.toMatch(/ {4}at |node:internal|unexpected error|Node\.js v/);
    expect((stdout + stderr).length).toBeLessThan(2000);
  });
});

describe('what only shows something', () => {
  test.each([
    ['ends quietly when its reader has seen enough {output@record}', 'pgbak logs 2>&1 | head -c 1', 0, ''],
    ['help too {output@record}', 'pgbak restore --help | head -c 1', 0, ''],
    ['and JSON {output@record}', 'pgbak logs --json | head -c 1', 0, ''],
    ['fails on a full disk {full@record}', 'pgbak list >/dev/full', 1, 'no space is left there (ENOSPC)'],
    ['as help does {full@record}', 'pgbak --help >/dev/full', 1, 'ENOSPC'],
    ['and the version {full@record}', 'pgbak --version >/dev/full', 1, 'ENOSPC'],
    ['and a completion {full@record}', 'pgbak completion bash >/dev/full', 1, 'ENOSPC'],
    ['and metrics {full@record}', 'pgbak status --prometheus >/dev/full', 1, 'ENOSPC'],
    ['and JSON of a failure {full@record}', 'pgbak del nobody --yes --json >/dev/full', 2, 'ENOSPC'],
  ])('%s', async (_case, line, expected, said) => {
    const { status, stderr } = await shell(line);
    expect(status).toBe(expected);
    expect(stderr).toContain(said);
    expect(stderr.split('\n').length).toBeLessThan(4);
  });

  test('arrives whole at a reader that is slow {output@record}', async () => {
    const fast = await shell('for n in $(seq 5); do pgbak completion bash; done | wc -c');
    const slow = await shell('pgbak completion bash | (sleep 1; cat) | wc -c');
    expect(Number(fast.stdout)).toBe(5 * Number(slow.stdout));
  });
});

describe('a restore', () => {
  test.each([
    ['to a full disk fails {full@load, output@load}', '>/dev/full'],
    ['to a reader that goes away fails {output@load}', '| head -c 1 >/dev/null'],
  ])('%s', async (_case, target) => {
    const { status, stderr } = await shell(`pgbak restore shop --stdout ${target}`);
    expect(status).toBe(1);
    expect(stderr).not.toMatch(/ {4}at |unexpected error/);
  });
});

describe('a terminal', () => {
  /** In a pseudo-terminal whose size nobody has set. */
  const onTerminal = async (command: string, env: Record<string, string> = {}) =>
    await shell(
      `script -qec 'stty rows 0 cols 0; "${process.execPath}" "${PGBAK}" ${command}' /dev/null </dev/null`,
      env,
    );

  test.each([
    ['run --force {output@dump}', 'run --force', 'stored as'],
    ['list {output@record}', 'list', 'shop'],
    ['status {output@record}', 'status', 'shop'],
    ['doctor {output@record}', 'doctor', 'this machine'],
    ['restore {output@load}', 'restore shop --output $HOME/restored-$$.sql', 'Restored'],
    ['help {output@record}', 'restore --help', 'EXIT STATUS'],
  ])('of no columns is one of 80: %s', async (_case, command, said) => {
    const { stdout } = await onTerminal(command);
    expect(stdout).toContain(said);
    expect(stdout.length).toBeLessThan(30_000);
  });

  test.each([
    ['in a build {output@dump}', { CI: 'true', TERM: 'xterm' }],
    ['that cannot move its cursor {output@dump}', { TERM: 'dumb' }],
  ])('%s gets a line for each phase', async (_case, env) => {
    const { stdout, status } = await onTerminal('run --force', env);
    expect(status).toBe(0);
    expect(stdout).toMatch(/info shop: backup begins/);
    expect(stdout.split('\n').length).toBeLessThan(12);
    expect(stdout).not.toContain('\u001B');
  });
});
