import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

async function results(account: Account, ...args: string[]) {
  const { status, stdout } = await account.start(['verify', '--json', ...args]).finished;
  return { status, rows: JSON.parse(stdout) as { name: string; isGood: boolean; message: string }[] };
}

test('verify tells good backups from bad ones, at both levels, in both storages {damaged@prove, gone@prove, secret@prove, secret@fetch}', async () => {
  await using server = await startB2Server();
  server.createBucket('pgbak-bucket');
  const { id, key } = server.masterKey;
  using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  const url = cluster.url('shop');
  const directory = account.folder.at('backups');
  account.env['ARCHIVE'] = 'one';
  await account.add({ name: 'plain', 'connection-string': url, destination: `file:${directory}` });
  await account.add({ name: 'secret', 'connection-string': url, format: 'binary', 'archive-password': 'env:ARCHIVE' });
  await account.add({ name: 'never run', 'connection-string': url, 'archive-name': 'never' });
  await account.pgbak('run', '--server', 'plain', '--server', 'secret');

  for (const level of ['remote', 'archive']) {
    expect(await results(account, '--level', level)).toMatchObject({
      status: 0,
      rows: [
        { name: 'plain', isGood: true },
        { name: 'secret', isGood: true },
      ],
    });
  }
  expect((await account.pgbak('verify')).stdout).toMatch(/^secret {2}2 +good +read to its end: a dump of \d+\.\d kB$/m);
  expect(readdirSync(account.temporary)).toEqual([]);

  // Another password than it was made with is found out before the day of the restore.
  account.env['ARCHIVE'] = 'another';
  expect(await results(account, 'secret', '--level', 'remote')).toMatchObject({ status: 0 });
  expect(await results(account, 'secret')).toMatchObject({
    status: 1,
    rows: [{ isGood: false, message: expect.stringMatching(/the archive password does not open backup 2 of secret/) }],
  });

  const [name = ''] = archivesIn(directory);
  const path = `${directory}/${name}`;
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
  writeFileSync(path, bytes);
  expect(await results(account, 'plain', '--level', 'remote')).toMatchObject({ status: 0 });
  expect(await results(account, 'plain')).toMatchObject({
    status: 1,
    rows: [{ message: expect.stringMatching(/not the archive that was stored/) }],
  });
  writeFileSync(path, bytes.subarray(1));
  expect(await results(account, 'plain', '--level', 'remote')).toMatchObject({
    status: 1,
    rows: [{ message: expect.stringMatching(/bytes, not the/) }],
  });
  rmSync(path);
  expect(await results(account, 'plain', '--level', 'remote')).toMatchObject({
    status: 1,
    rows: [{ message: expect.stringMatching(/is not in file:.* any more/) }],
  });
  expect(await results(account, 'plain')).toMatchObject({
    status: 1,
    rows: [{ verdict: 'bad', message: expect.stringMatching(/is not in file:.* any more/) }],
  });

  // A storage that does not answer proves nothing, and what is known of the backup stays.
  account.env['ARCHIVE'] = 'one';
  expect(await results(account, 'secret')).toMatchObject({ status: 0 });
  account.env['B2_APP_KEY'] = 'none that is known';
  expect(await results(account, 'secret')).toMatchObject({ status: 1, rows: [{ verdict: 'unknown', isGood: false }] });
  expect(await account.json('status')).toMatchObject([{ name: 'plain', state: 'FAILING' }, { state: 'OK' }, {}]);
  account.env['B2_APP_KEY'] = key;
  expect(await account.pgbak('verify', 'never run')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/there is no good backup of never run yet\nMake one: pgbak run 'never run' --force/),
  });
});

test.each(['sql', 'binary'])(
  'verify --level restore of a %s backup loads it, reads every table, and drops it all {refused@scratch}',
  async (format) => {
    using account = newAccount();
    const destination = `file:${account.folder.at('backups')}`;
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination, format });
    await account.pgbak('run');
    const databases = () => cluster.sql('postgres', 'select count(*) from pg_database');
    const before = await databases();
    // Left by one that was killed, long ago and just now.
    const recent = `pgbak_verify_${Math.floor(Date.now() / 1000) - 3600}_0a1b2c3d`;
    await cluster.sql('postgres', 'create database pgbak_verify_1700000000_0a1b2c3d');
    await cluster.sql('postgres', `create database ${recent}`);
    const rows = await cluster.sql(
      'shop',
      'select (select count(*) from customer) + (select count(*) from purchase) + (select count(*) from event) + 3',
    );
    const scratch = ['--level', 'restore', '--scratch-url', cluster.url('postgres')];
    expect(await results(account, ...scratch)).toMatchObject({
      status: 0,
      rows: [{ isGood: true, message: `restored: 5 tables with ${rows} rows` }],
    });

    expect(await cluster.sql('postgres', "select datname from pg_database where datname ~ '^pgbak_verify'")).toBe(
      recent,
    );
    await cluster.sql('postgres', `drop database ${recent}`);

    // A dump that does not load is found out, and leaves nothing either.
    await cluster.sql('postgres', 'create role short_lived');
    await cluster.sql('shop', 'create table owned (n int); alter table owned owner to short_lived');
    await account.pgbak('run', '--force');
    await cluster.sql('shop', 'drop table owned');
    await cluster.sql('postgres', 'drop role short_lived');
    expect(await results(account, ...scratch)).toMatchObject({
      status: 1,
      rows: [
        { isGood: false, message: expect.stringMatching(/nothing was restored: .*role "short_lived" does not exist/) },
      ],
    });
    expect(await databases()).toBe(before);
  },
);

/** Changes one byte of an archive. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

test('a copy that is found bad counts as missing, and the next run makes it anew out of a good one', async () => {
  using account = newAccount();
  const [one, other] = [account.folder.at('one'), account.folder.at('other')];
  const places = [one, other].flatMap((path) => ['--destination', `file:${path}`]);
  await account.pgbak('add', '--connection-string', cluster.url('shop'), ...places, '--create-destination');
  await account.results('--force');
  const [first = ''] = archivesIn(one);
  damage(join(one, first));
  expect(await account.start(['verify', '--from', one]).finished).toMatchObject({ status: 1 });
  const before = { state: 'INCOMPLETE', reason: expect.stringMatching(/^stored in 1 of 2 places: .*found bad: /) };
  expect(await account.json('status')).toMatchObject([{ ...before, places: { held: 1, of: 2 } }]);
  expect(await account.results()).toMatchObject([{ status: 'skipped', reason: 'made the copy that was missing' }]);
  expect(archivesIn(one)).toHaveLength(1);
  expect(await account.json('status')).toMatchObject([{ state: 'OK', places: { held: 2, of: 2 } }]);
  expect(await account.json('backups')).toMatchObject([
    { backupId: 1, place: `file:${one}`, copies: [{ state: 'present' }, { place: `file:${other}`, state: 'present' }] },
  ]);

  // One that is gone gets its name again.
  const [second = ''] = archivesIn(other);
  rmSync(join(other, second));
  expect(await account.start(['verify', '--level', 'remote']).finished).toMatchObject({ status: 1 });
  expect(await account.json('copy')).toMatchObject([{ backupId: 1, place: `file:${other}`, success: true }]);
  expect(archivesIn(other)).toEqual([second]);
  expect(await account.json('verify')).toMatchObject([{ verdict: 'good' }, { verdict: 'good' }]);

  // Of what is not the archive that was stored, nothing is copied and nothing removed.
  const [renewed = ''] = archivesIn(one);
  damage(join(one, renewed));
  damage(join(other, second));
  expect(await account.start(['verify', '--from', one]).finished).toMatchObject({ status: 1 });
  const { status, stdout } = await account.start(['run', '--json']).finished;
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({
    status: 1,
    results: [{ status: 'incomplete', error: expect.stringMatching(/other is not the archive that was stored/) }],
  });
  expect(await account.start(['verify']).finished).toMatchObject({ status: 1 });
  expect(await account.json('status')).toMatchObject([{ state: 'FAILING', places: { held: 0, of: 2 } }]);
  expect(await account.results()).toMatchObject([{ status: 'skipped', reason: expect.stringMatching(/^not due/) }]);
  expect([...archivesIn(one), ...archivesIn(other)]).toEqual([renewed, second]);
});
