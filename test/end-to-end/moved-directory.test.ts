import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

/** Two servers with a backup each in one directory. */
async function twoServers(account: Account): Promise<{ old: string; moved: string }> {
  const old = account.folder.at('backups');
  for (const name of ['shop', 'other']) {
    await account.add({ name, 'connection-string': cluster.url('shop'), destination: `file:${old}` });
  }
  await account.pgbak('run');
  return { old, moved: account.folder.at('backups-old') };
}

const listed = async (account: Account) =>
  ((await account.json('backups')) as { name: string; state: string; place: string }[])
    .map(({ name, state, place }) => [name, state, place])
    .toSorted(([a = ''], [b = '']) => a.localeCompare(b));

test('an edit that names the new path of a moved directory takes the backups of all servers along', async () => {
  using account = newAccount();
  const { old, moved } = await twoServers(account);
  renameSync(old, moved);
  const read = await account.pgbak('restore', 'shop', '--stdout');
  expect(read.stderr).toMatch(
    /Is its disk mounted\?\nMount it\. If it was moved: pgbak edit shop --destination \S+\n$/,
  );
  const { stdout, status } = await account.pgbak('edit', 'shop', '--destination', moved);
  expect(status).toBe(0);
  expect(stdout).toContain(`2 backups moved along: they are now in file:${moved}\n`);
  expect(stdout).toContain(`other has the old path. To change it: pgbak edit other --destination file:${moved}\n`);
  expect(stdout).not.toMatch(/stay|Mind/);
  expect((await account.pgbak('restore', 'shop', '--stdout')).status).toBe(0);
  expect(await account.json('verify')).toMatchObject([{ verdict: 'good' }, { verdict: 'good' }]);
  expect((await account.pgbak('edit', 'other', '--destination', moved)).stdout).not.toMatch(/along/);
  const present = ['other', 'shop'].map((name) => [name, 'present', `file:${moved}`]);
  expect(await listed(account)).toEqual(present);
  expect(await account.json('catalog', 'rebuild', '--from', moved)).toMatchObject([
    { isNew: false, added: 0 },
    { isNew: false, added: 0 },
  ]);
  expect(await listed(account)).toEqual(present);
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }, { status: 'success' }]);
});

test('a rebuild from the new path of a moved directory moves the backups, and adds none', async () => {
  using account = newAccount();
  const { old, moved } = await twoServers(account);
  renameSync(old, moved);
  const { stdout } = await account.pgbak('catalog', 'rebuild', '--from', moved);
  expect(stdout).toContain(`2 backups moved along: they are now in file:${moved}\n`);
  expect(await account.json('list')).toHaveLength(2);
  expect(await listed(account)).toEqual(['other', 'shop'].map((name) => [name, 'present', `file:${moved}`]));
});

test('a copy takes nothing along', async () => {
  using account = newAccount();
  const { old, moved } = await twoServers(account);
  cpSync(old, moved, { recursive: true });
  const { stdout } = await account.pgbak('edit', 'shop', '--destination', moved);
  expect(stdout).toContain(`1 backup stays in file:${old}; pgbak restores it from there\n`);
  expect(stdout).not.toMatch(/along/);
});

test('after a rebuild of a directory that lost its mark, the gone one can be forgotten', async () => {
  using account = newAccount();
  const { old, moved } = await twoServers(account);
  renameSync(old, moved);
  rmSync(`${moved}/.pgbak-destination`);
  const { stdout } = await account.pgbak('edit', 'shop', '--destination', moved);
  expect(stdout).toMatch(/1 backup is recorded in file:\S+: the directory \S+ is missing/);
  expect(stdout).toContain(`pgbak catalog rebuild --from file:${moved}`);
  await account.pgbak('edit', 'other', '--destination', moved);
  const rebuilt = await account.pgbak('catalog', 'rebuild', '--from', moved);
  expect(rebuilt.stdout).toContain(`If they are in file:${moved} now: pgbak catalog forget file:${old}\n`);
  expect((await account.pgbak('catalog', 'forget', old, '--yes')).stdout).toContain('Gave up 2 backups');
  expect(await listed(account)).toEqual(['other', 'shop'].map((name) => [name, 'present', `file:${moved}`]));
});

test('a file is no directory, and cannot be made one', async () => {
  using account = newAccount();
  await twoServers(account);
  const file = account.folder.at('afile');
  writeFileSync(file, '');
  for (const path of [file, `${file}/below`]) {
    for (const more of [[], ['--create-destination']]) {
      const { status, stderr } = await account.pgbak('edit', 'shop', '--destination', path, ...more);
      expect(status).not.toBe(0);
      expect(stderr).toContain(
        `${file} is a file, not a directory\nName a directory: pgbak edit shop --destination file:/other/dir\n`,
      );
    }
  }
});
