import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newAccount, type Account, type RunningPgbak } from '../support/pgbak.ts';
import { contentsOf } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { processesWith } from '../support/processes.ts';

// A load that does not come to its end leaves what was there before, whatever ends it.

let cluster: Cluster;
let account: Account;
let target = '';
let count = 0;

beforeAll(async () => {
  cluster = await startCluster({ settings: ['max_prepared_transactions=5'] });
  account = newAccount();
  await cluster.createDatabase('shop');
  // Where it is restored, the view at the end of the dump waits for as long as a test holds its lock.
  await cluster.sql(
    'shop',
    String.raw`create table note as select n, md5(n::text) as text from generate_series(1, 1000) n;
     select lo_from_bytea(4711, '\xdead');
     create function waits() returns int language plpgsql as $$ begin
       if current_database() like 'target%' then perform pg_catalog.pg_advisory_xact_lock(42); end if;
       return 1;
     end $$;
     create materialized view late as select waits() as a;`,
  );
  for (const format of ['sql', 'binary']) {
    const flags = { name: format, 'archive-name': format, format, 'min-size': 1 };
    await account.add({
      ...flags,
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.at(format)}`,
    });
  }
  expect((await account.results('--force')).map(({ status }) => status)).toEqual(['success', 'success']);
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(async () => {
  target = `target_${(count += 1)}`;
  await cluster.createDatabase(target);
  await cluster.sql(
    target,
    String.raw`create table precious as select generate_series(1, 5) as n; select lo_from_bytea(99, '\x01');`,
  );
});

interface Session extends AsyncDisposable {
  child: ChildProcess;
}

/** A session of somebody else's in the target, which stays as it is once it has done what it is given. */
async function session(text: string): Promise<Session> {
  const child = spawn('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', cluster.url(target)], {
    env: { ...process.env, PGAPPNAME: 'the report' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  child.stdin.write(`${text}\n\\echo ready\n`);
  await once(child.stdout, 'data');
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

const sessions = (where: string) =>
  cluster.sql('postgres', `select count(*) from pg_stat_activity where datname = '${target}' and ${where}`);
const restore = (server: string, ...flags: string[]) =>
  account.start(['restore', server, '--to', cluster.url(target), '--clean', '--yes', ...flags]);
const loaders = () => processesWith('VERBOSITY=verbose').filter(({ line }) => line.includes(target));

const terminate = async () =>
  await cluster.sql(
    'postgres',
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${target}' and wait_event = 'advisory'`,
  );
const STOPPED =
  /interrupted by SIG\w+\nThe load was rolled back: nothing was restored, and target_\d+ on \S+ is as it was before\./;
const interruptions: [string, number | null, RegExp, (running: RunningPgbak) => unknown][] = [
  ['SIGINT {stop@load}', 130, STOPPED, ({ child }) => child.kill('SIGINT')],
  ['SIGTERM {stop@load}', 143, STOPPED, ({ child }) => child.kill('SIGTERM')],
  ['kill -9 of pgbak {kill@load}', null, /./, ({ child }) => child.kill('SIGKILL')],
  [
    'kill -9 of psql {kill@load}',
    1,
    /nothing was restored/,
    () => loaders().forEach(({ pid }) => process.kill(pid, 'SIGKILL')),
  ],
  ['pg_terminate_backend {lost@load}', 1, /nothing was restored: .*terminating connection/, terminate],
];

describe.each(['sql', 'binary'])('all that a %s dump was to replace is there', (format) => {
  test.each(interruptions)('after %s', async (what, status, message, interrupt) => {
    const isStopped = what.includes('{stop');
    const before = await contentsOf(cluster, target);
    await using blocker = await session('begin; select 1 from pg_advisory_xact_lock(42);');
    const running = restore(format);
    await eventually('the load is at its end', async () => (await sessions("wait_event = 'advisory'")) === '1', 60_000);
    await interrupt(running);
    // One who stops it has the database free again at once; otherwise the server notices at the end of the statement.
    if (isStopped) {
      await running.finished;
      expect(await sessions('pid in (select pid from pg_locks where relation is not null)')).toBe('0');
    }
    // Killed is only what has ended: until then psql may still commit, which is all of it and no half.
    await eventually('psql has ended', () => what.includes('terminate') || loaders().length === 0, 60_000);
    await blocker[Symbol.asyncDispose]();
    const { status: exitStatus, stderr } = await running.finished;
    expect({ exitStatus, stderr }).toMatchObject({ exitStatus: status, stderr: expect.stringMatching(message) });
    await eventually('no session is left', async () => (await sessions('true')) === '0', 60_000);
    expect(await contentsOf(cluster, target)).toBe(before);
    await eventually('no psql is left', () => loaders().length === 0);
  });
});

/** Between pgbak and the server; cuts a connection when its COMMIT comes, before or after the server has done it. */
async function cuttingProxy(isDone: boolean) {
  let cuts = 0;
  const proxy = createServer((client) => {
    const server = connect(cluster.port, '127.0.0.1');
    let isLast = false;
    const cut = () => {
      cuts += 1;
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('data', (data) => {
      isLast ||= data.includes('COMMIT;\0');
      if (isLast && !isDone) cut();
      else server.write(data);
    });
    server.on('data', (data) => {
      if (isLast) cut();
      else client.write(data);
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  return {
    url: cluster.url(target).replace(`:${cluster.port}/`, `:${port}/`),
    cuts: () => cuts,
    [Symbol.dispose]: () => void proxy.close(),
  };
}

test.each(['sql', 'binary'])(
  'a %s dump whose connection is lost at the very end is said to be restored where it was {lost@commit}',
  async (format) => {
    using proxy = await cuttingProxy(true);
    const { status, stderr } = await account.pgbak('restore', format, '--to', proxy.url, '--clean', '--yes');
    expect({ status, stderr, cuts: proxy.cuts() }).toMatchObject({ status: 0, cuts: 1 });
    expect(await contentsOf(cluster, target)).toBe(await contentsOf(cluster, 'shop'));
  },
);

test.each(['sql', 'binary'])(
  'a %s dump whose connection is lost at the very end is said not to be restored where it was not {lost@commit}',
  async (format) => {
    const before = await contentsOf(cluster, target);
    using proxy = await cuttingProxy(false);
    const { status, stderr } = await account.pgbak('restore', format, '--to', proxy.url, '--clean', '--yes');
    expect({ status, stderr, cuts: proxy.cuts() }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/nothing was restored/),
      cuts: 1,
    });
    expect(await contentsOf(cluster, target)).toBe(before);
  },
);

test('who holds a lock that a load needs is told, and it goes on once the lock is free {locked@load}', async () => {
  await using reader = await session('begin; lock table precious in access share mode;');
  const running = restore('sql');
  let told = '';
  running.child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await eventually(
    'the reader is named',
    () => /session \d+ of role postgres, the report idle.* holds a lock/.test(told),
    60_000,
  );
  await reader[Symbol.asyncDispose]();
  expect(await running.finished).toMatchObject({ status: 0 });
  expect(await contentsOf(cluster, target)).toBe(await contentsOf(cluster, 'shop'));
});

test.each([
  [
    'a reader {locked@load}',
    'begin; lock table precious in access share mode;',
    /session \d+ of role postgres, the report/,
  ],
  [
    'a prepared transaction {locked@load}',
    "begin; insert into precious values (6); prepare transaction 'left behind';",
    /a prepared transaction \('left behind'\)/,
  ],
])('a load gives up where %s keeps a lock, says who it is, and leaves what was there', async (_what, text, holder) => {
  const before = await contentsOf(cluster, target);
  await using holding = await session(text);
  const { status, stderr } = await restore('sql', '--lock-wait-sec', '6').finished;
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(holder) });
  expect(stderr).toMatch(/The restore waited 6 seconds.*--lock-wait-sec/);
  await holding[Symbol.asyncDispose]();
  expect(await contentsOf(cluster, target)).toBe(before);
  if (text.includes('prepare')) await cluster.sql(target, "rollback prepared 'left behind'");
});

test('a load by several jobs gives up as well where a lock is kept, and may write where the role may only read {locked@load}', async () => {
  await cluster.sql('postgres', `drop database ${target}; create database ${target}`);
  await cluster.sql('postgres', 'alter role postgres set default_transaction_read_only = on');
  try {
    await using holding = await session('select from pg_advisory_lock(42);');
    const load = (...flags: string[]) =>
      account.pgbak('restore', 'binary', '--jobs', '2', '--to', cluster.url(target), ...flags);
    const { status, stderr } = await load('--lock-wait-sec', '2');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /a part of the dump may have been restored \(session \d+ of role postgres, the report/,
      ),
    });
    expect(stderr).toMatch(/The restore waited 2 seconds.*--lock-wait-sec/);
    expect(await sessions("application_name ~ 'restore'")).toBe('0');
    await holding[Symbol.asyncDispose]();
  } finally {
    await cluster.sql('postgres', 'begin read write; alter role postgres reset default_transaction_read_only; commit');
  }
});
