import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { HAS_SSHD, startSshServer } from '../support/sshd.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

(HAS_SSHD ? test : test.skip)(
  'a server is backed up over SFTP, verified, restored and pruned, with a remote of rclone',
  async () => {
    using account = newAccount();
    await using ssh = await startSshServer(account.folder);
    const config = account.folder.at('rclone.conf');
    writeFileSync(config, ssh.section('nas'));
    account.env['RCLONE_CONFIG'] = config;
    const directory = account.folder.at('far away');
    mkdirSync(directory);
    const archives = () =>
      readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.7z'));
    const place = `rclone:nas:${directory}`;

    const added = await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination: place,
      'archive-password': 'a long one',
      'keep-last': 2,
    });
    expect(added).toMatchObject({ status: 0 });
    expect(added.stdout + added.stderr).toContain(`archives can go to ${place}/shop.<time>.sql.7z`);

    for (const _ of [1, 2, 3]) expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
    expect(archives()).toHaveLength(3);
    const backups = (await account.pgbak('backups', 'shop')).stdout;
    expect(backups.match(/present +rclone:nas:/g)).toHaveLength(3);
    const remote = (await account.pgbak('backups', '--remote', '--from', place)).stdout;
    expect(remote.match(/present +rclone:nas:/g)).toHaveLength(3);

    expect(
      await account.pgbak('verify', 'shop', '--level', 'restore', '--scratch-url', cluster.url('postgres')),
    ).toMatchObject({
      status: 0,
    });
    const file = account.folder.at('shop.sql');
    expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({ status: 0 });

    expect(await account.pgbak('prune', 'shop')).toMatchObject({ status: 0 });
    expect(archives()).toHaveLength(2);
    // What is left are the archives, each with its sidecar, and the copy of the catalogue.
    const doctor = await account.pgbak('doctor', 'shop', '--probe-write');
    expect(doctor.stdout).toMatch(/rclone \d+\.\d+\S* \(\//);
    expect(doctor.stdout).toContain(`${place} took a small file, and nothing of it is left`);
    expect(archives()).toHaveLength(2);
  },
);

test('each mistake with a remote is told in one line, with what to do', async () => {
  using account = newAccount();
  const flags = { name: 'shop', 'connection-string': cluster.url('shop') };
  writeFileSync(account.folder.at('rclone.conf'), '[nas]\ntype = webdav\nurl = http://127.0.0.1:1\n');
  account.env['RCLONE_CONFIG'] = account.folder.at('rclone.conf');

  const typed = await account.add({ ...flags, destination: 'rclone::sftp,host=nas,pass=geheim:backups' });
  expect(typed).toMatchObject({ status: 2, stderr: expect.stringContaining('A connection string may hold passwords') });
  expect(typed.stdout + typed.stderr).not.toContain('geheim');

  const unknown = await account.add({ ...flags, destination: 'rclone:nsa:backups' });
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toContain(`rclone's configuration has no remote "nsa"`);
  expect(unknown.stderr).toContain('rclone listremotes');

  const dead = await account.add({ ...flags, destination: 'rclone:nas:backups' });
  expect(dead.stderr).toMatch(/its host cannot be reached: .*connection refused/);

  account.env['PGBAK_RCLONE'] = '/no/such/rclone';
  const missing = await account.add({ ...flags, destination: 'rclone:nas:backups' });
  expect(missing.stderr).toContain('no usable rclone was found');
  expect(missing.stderr).toContain('Set PGBAK_RCLONE to an rclone 1.60 or newer');
});
