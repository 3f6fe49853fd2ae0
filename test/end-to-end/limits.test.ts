import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { eventually } from '../support/eventually.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { add, cluster, scene, setTheScene } from './scene.ts';

setTheScene((started) => createSampleDatabase(started, 'shop'));

describe('a backup fails, and everybody hears of it,', () => {
  test('when the disk for the archive is full {full@compress}', async () => {
    let mounted: SmallDisk;
    try {
      mounted = mountSmallDisk(scene.account.folder.at('small disk'), 400 * 1024);
    } catch {
      process.stderr.write('NOTICE: no tmpfs may be mounted here, so the test of a full disk is skipped\n');
      return;
    }
    using disk = mounted;
    try {
      await cluster.createDatabase('noise');
      await cluster.sql(
        'noise',
        'create table noise as select md5(random()::text || n) as text from generate_series(1, 100000) as n',
      );
      await add({ 'connection-string': cluster.url('noise') });
      expect(await scene.failure({ PGBAK_TMPDIR: disk.path })).toMatch(/no space left|full/i);
      expect(readdirSync(disk.path)).toEqual([]);
    } finally {
      await cluster.sql('postgres', 'drop database if exists noise');
    }
  });

  test('when the dump takes longer than BACKUP_TIMEOUT_SEC {hang@dump}', async () => {
    await add();
    const env = { BACKUP_TIMEOUT_SEC: '2', PGBAK_PG_BIN: slowPgDump(scene.account.folder) };
    expect(await scene.failure(env)).toMatch(/BACKUP_TIMEOUT_SEC/);
  });

  test('when a table stays locked {locked@dump}', async () => {
    await add({ 'lock-wait-sec': 1 });
    const locking = cluster
      .sql('shop', 'begin; lock table customer in access exclusive mode; select pg_sleep(20);')
      .catch(() => {});
    await eventually(
      'a lock',
      async () =>
        (await cluster.sql(
          'shop',
          "select 1 from pg_locks where mode = 'AccessExclusiveLock' and relation = 'customer'::regclass",
        )) === '1',
    );
    expect(await scene.failure()).toMatch(/another session kept table public\.customer locked for more than 1 seconds/);
    await cluster.sql(
      'postgres',
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()",
    );
    await locking;
  });

  test('when nothing comes any more for --idle-timeout-sec {hang@dump, locked@dump}', async () => {
    await add({ 'lock-wait-sec': 600, 'idle-timeout-sec': 2 });
    const locking = cluster
      .sql('shop', 'begin; lock table customer in access exclusive mode; select pg_sleep(20);')
      .catch(() => {});
    await eventually(
      'a lock',
      async () =>
        (await cluster.sql(
          'shop',
          "select 1 from pg_locks where mode = 'AccessExclusiveLock' and relation = 'customer'::regclass",
        )) === '1',
    );
    expect(await scene.failure()).toMatch(/idle-timeout-sec/);
    await cluster.sql(
      'postgres',
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()",
    );
    await locking;
  });
});
