import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { processesWith } from '../support/processes.ts';
import { sevenZipThat } from '../support/seven-zip-wrapper.ts';

let cluster: Cluster;
let account: Account;
let count = 0;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table goods as select md5(n::text) as text from generate_series(1, 500) as n');
  account = newAccount();
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'archive-password': 'a secret',
  });
  await account.pgbak('run');
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});
afterEach(async () => {
  await eventually('all have ended', () => processesWith(account.folder.path).length === 0);
});

const rowsIn = async (database: string) => await cluster.sql(database, 'select count(*) from goods');

describe('a COMMIT that the server does not answer, since it waits for a standby,', () => {
  const waiting = (database: string) =>
    cluster.sql(
      'postgres',
      `select pid from pg_stat_activity where datname = '${database}' and wait_event = 'SyncRep'`,
    );

  /** A database whose every commit waits, once pgbak asks for the one that ends a restore. */
  async function restoreUntilCommit() {
    const database = `target_${(count += 1)}`;
    await cluster.createDatabase(database);
    await cluster.sql('postgres', `alter database ${database} set synchronous_commit = on`);
    await cluster.sql('postgres', "alter system set synchronous_standby_names = 'nobody'");
    await cluster.sql('postgres', 'select pg_reload_conf()');
    const running = account.start(['restore', 'shop', '--to', cluster.url(database)]);
    const pid = await eventually('the COMMIT waits', async () => (await waiting(database)) || undefined);
    return { database, running, pid };
  }

  /** Lets the server go on, and looks at what it has. */
  async function afterwards(database: string) {
    await cluster.sql('postgres', 'alter system reset synchronous_standby_names');
    await cluster.sql('postgres', 'select pg_reload_conf()');
    await eventually('nothing waits', async () => (await waiting(database)) === '');
    return await rowsIn(database);
  }

  test('is all of the restore, though pgbak is killed {kill@commit}', async () => {
    const { database, running } = await restoreUntilCommit();
    running.child.kill('SIGKILL');
    await running.finished;
    expect(await afterwards(database)).toBe('500');
  });

  test('is told for what it is when its session is ended {lost@commit}', async () => {
    const { database, running, pid } = await restoreUntilCommit();
    await cluster.sql('postgres', `select pg_terminate_backend(${pid})`);
    expect(await afterwards(database)).toBe('500');
    expect(await running.finished).toMatchObject({ status: 0, stdout: expect.stringContaining('Restored backup 1') });
  });

  test('lets the user go who stops the restore {stop@commit}', async () => {
    const { database, running } = await restoreUntilCommit();
    running.child.kill('SIGINT');
    expect(await running.finished).toMatchObject({
      status: 130,
      stderr: expect.stringMatching(/All of .* is restored|It is not known whether the dump was restored/),
    });
    expect(await afterwards(database)).toBe('500');
  });
});

describe('a restore into a file, for which there is no place in the end,', () => {
  test.each<[string, (directory: string, file: string) => void, RegExp]>([
    [
      'since another program made one of its name, leaves that {replaced@commit}',
      (_directory, file) => writeFileSync(file, 'precious'),
      /exists already/,
    ],
    [
      'since the directory is gone, says so {gone@commit}',
      (directory) => rmSync(directory, { recursive: true }),
      /cannot write .*: there is no directory/,
    ],
  ])('%s', async (_name, harm, message) => {
    const directory = account.folder.at(`out ${(count += 1)}`);
    const file = `${directory}/shop.sql`;
    const [reached, goOn] = [account.folder.at(`reached ${count}`), account.folder.at(`go on ${count}`)];
    mkdirSync(directory);
    const shell = `"$real" "$@"; code=$?; : > '${reached}'; until [ -e '${goOn}' ]; do sleep 0.05; done; exit $code`;
    const PGBAK_7Z = await sevenZipThat(account.folder, 'x', shell);
    const running = account.start(['restore', 'shop', '--output', file], { PGBAK_7Z });
    await eventually('the dump is unpacked', () => existsSync(reached));
    harm(directory, file);
    writeFileSync(goOn, '');
    const { status, stderr } = await running.finished;
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('bug in pgbak');
    expect([1, 2]).toContain(status);
    const left = existsSync(directory) ? [readdirSync(directory), readFileSync(file, 'utf8')] : 'nothing';
    expect([[['shop.sql'], 'precious'], 'nothing']).toContainEqual(left);
  });
});
