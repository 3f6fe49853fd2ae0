import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

/** `# what`, `$ VARIABLE=value pgbak words`, what is printed, `= status`: see the head of the file. */
const MISTAKE = /^# (.+)\n\$ ((?:[A-Z_]+=\S+ )*)pgbak (.*)\n([^]*?)\n= (\d+)$/gm;

const file = readFileSync(new URL('mistakes.txt', import.meta.url), 'utf8');
const MISTAKES = [...file.matchAll(MISTAKE)].map(
  ([, what = '', env = '', typed = '', said = '', status = '']) => [what, typed, { env, said, status }] as const,
);

let cluster: Cluster;
let account: Account;
let places: Record<string, string>;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table t as select n, md5(n::text) as t from generate_series(1, 3000) as n');
  account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  const facts = { 'connection-string': cluster.url('shop'), destination, 'no-check': true } as const;
  await account.add({ ...facts, name: 'shop' });
  await account.add({ ...facts, name: 'locked', 'archive-password': 'right' });
  await account.add({ ...facts, name: 'fresh' });
  await account.pgbak('run', 'shop', 'locked', '--force');
  for (const _more of [3, 4]) await account.pgbak('run', 'locked', '--force');
  await account.pgbak('edit', 'locked', '--archive-password=');
  writeFileSync(account.folder.at('taken.sql'), 'x'.repeat(200));
  symlinkSync('/no/where', account.folder.at('dangling'));
  places = {
    '@DIR@': account.folder.path,
    '@URL@': cluster.url('shop'),
    '@RESTORED@': cluster.url('shop_restored').replace(/:[^:@]+@/, ':PASSWORD@'),
    '@NODB@': cluster.url('nodb'),
    '@WRONGPW@': cluster.url('shop', { user: 'postgres', password: 'wrong' }),
    '@PORT@': String(cluster.port),
  };
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const filledIn = (text: string) =>
  Object.entries(places).reduce((filled, [name, place]) => filled.replaceAll(name, place), text);

test('there are many of them', () => {
  expect(MISTAKES.length).toBeGreaterThan(40);
  expect(MISTAKES.length).toBe(file.match(/^# /gm)?.length);
});

test.each(MISTAKES)('%s: pgbak %s', async (_what, typed, { env, said, status: expected }) => {
  const words = typed.split(' ').map((word) => (word === "''" ? '' : filledIn(word)));
  const variables = [...env.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, filledIn(value)]);
  const { status, stdout, stderr } = await account.start(words, Object.fromEntries(variables)).finished;
  const told = (stdout + stderr)
    .trimEnd()
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC \((?:just now|\d+ minutes? ago)\)/g, 'TIME');
  expect(told).toBe(filledIn(said));
  expect(String(status)).toBe(expected);
});
