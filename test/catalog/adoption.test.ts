import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import { systemClock } from '../../src/system/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { LATEST, MIDDLE, OLDEST, WITHOUT_LOG, writeDatabase } from './earlier-files.ts';

/** Adopts a file and gives its rows as they stand afterwards. */
async function adopt(ddl: string) {
  using folder = temporaryFolder();
  const path = folder.at('backup.sqlite');
  writeDatabase(path, ddl);
  const before = readFileSync(path);
  const catalog = await openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() });
  const { adopted } = catalog;
  const servers = await catalog.servers.list();
  const backups = await catalog.backups.list({ limit: 100 });
  await catalog.close();

  // The copy is the old file, byte for byte.
  const [copy = ''] = readdirSync(folder.path).filter((name) => name.includes('.before-pgbak-'));
  expect(readFileSync(folder.at(copy)).equals(before)).toBe(true);
  expect(statSync(folder.at(copy)).mode & 0o777).toBe(0o600);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const database = new Database(path, { readonly: true });
  const rows = database.prepare('select * from servers order by id').all();
  const tables = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")
    .pluck()
    .all();
  database.close();
  expect(tables).toEqual(expect.arrayContaining(['backup_log', 'pgbak_meta', 'servers', 'verification_log']));

  // Opened again, it is adopted no second time.
  const again = await openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() });
  expect(again.adopted).toBeUndefined();
  expect(await again.servers.list()).toHaveLength(servers.length);
  await again.close();
  return { adopted, servers, backups, rows };
}

const DEFAULTS = {
  format: 'sql',
  compression: 'lzma2:1',
  destinations: '[]',
  exclude_tables: '[]',
  exclude_table_data: '[]',
  exclude_schemas: '[]',
  min_size: 4096,
  size_tolerance: 10,
  on_size_change: 'alert',
  lock_wait_sec: 600,
  idle_timeout_sec: 1800,
  dump_jobs: 2,
  all_databases: 0,
  include_databases: '[]',
  exclude_databases: '[]',
  cluster_id: null,
  cluster_database: null,
  gone_at: null,
  forgotten_at: null,
  hc_url_verify: null,
  include_globals: 0,
  count_rows: 0,
  no_large_objects: 0,
  earlier_archive_passwords: '[]',
  verify_after: 'none',
  keep_last: null,
  keep_hourly: null,
  keep_daily: null,
  keep_weekly: null,
  keep_monthly: null,
  keep_yearly: null,
  keep_within: null,
  auto_prune: 0,
};

const SHOP = {
  ...DEFAULTS,
  id: 1,
  name: 'shop',
  frequency_hrs: 6,
  archive_name: 'shop',
  archive_password: 'archive pw',
  B2_KEY_ID: 'key',
  B2_APP_KEY: 'app-key',
  B2_BUCKET: 'bucket',
  last_backup: '20251102T020000',
  last_backup_result: 'Failed',
  // Not the failed attempt's: due times count from the last good one.
  last_success_run: '2025-11-01T02:00:00.000Z',
};

const EMPTY = {
  archive_password: null,
  B2_KEY_ID: null,
  B2_APP_KEY: null,
  B2_BUCKET: null,
  hc_url_start: null,
  hc_url_success: null,
  hc_url_fail: null,
};

describe('a file of the earlier program is adopted field by field:', () => {
  test('the oldest, with the parts of a connection and a dead man switch', async () => {
    const { rows, adopted } = await adopt(OLDEST.ddl);
    expect(adopted).toMatchObject({ servers: 2, backups: 4 });
    expect(rows).toEqual([
      {
        ...SHOP,
        connection_string: 'postgresql://app:p%40ss%2Fw%3Ard@localhost:5433/shop%20db',
        hc_url_start: null,
        hc_url_success: 'https://hc-ping.com/a1b2c3d4-0000-1111-2222-333344445555',
        hc_url_fail: null,
      },
      {
        ...DEFAULTS,
        ...EMPTY,
        id: 2,
        name: 'wiki',
        connection_string: 'postgresql://localhost/wiki',
        frequency_hrs: 1,
        archive_name: 'wiki',
        last_backup: '20251102T030000',
        last_backup_result: 'Success',
        last_success_run: '2025-11-02T03:00:00.000Z',
      },
    ]);
  });

  test('the middle, with a dead man switch that is a URL and one archive name for two servers', async () => {
    const { rows } = await adopt(MIDDLE.ddl);
    expect(rows).toEqual([
      {
        ...SHOP,
        connection_string: 'postgresql://app:pw@db.example:5433/shop',
        hc_url_start: null,
        hc_url_success: 'https://hc-ping.com/a1b2',
        hc_url_fail: null,
      },
      {
        ...DEFAULTS,
        ...EMPTY,
        id: 2,
        name: 'shop-2',
        connection_string: 'host=db.example dbname=wiki',
        frequency_hrs: 24,
        archive_name: 'shop',
        last_backup: '20251102T030000',
        last_backup_result: 'Success',
        last_success_run: '2025-11-02T03:00:00.000Z',
      },
    ]);
  });

  test('the latest, with all URLs and with empty texts for nothing', async () => {
    const { rows } = await adopt(LATEST.ddl);
    expect(rows).toEqual([
      {
        ...SHOP,
        connection_string: 'postgresql://app:pw@db.example:5433/shop',
        hc_url_start: 'https://hc.example/start',
        hc_url_success: 'https://hc.example/ok',
        hc_url_fail: 'https://hc.example/fail',
      },
      {
        ...DEFAULTS,
        ...EMPTY,
        id: 7,
        name: 'wiki',
        connection_string: 'postgresql:///wiki',
        frequency_hrs: 1,
        archive_name: 'wiki',
        last_backup: null,
        last_backup_result: null,
        last_success_run: null,
      },
    ]);
  });

  test('one that never ran', async () => {
    const { adopted, backups } = await adopt(WITHOUT_LOG.ddl);
    expect(adopted).toMatchObject({ servers: 2, backups: 0 });
    expect(backups).toEqual([]);
  });

  test.each([OLDEST, MIDDLE])('the history of $name', async ({ ddl }) => {
    const { backups } = await adopt(ddl);
    const common = { format: 'sql', compression: 'lzma2:1', warnings: [], hasGlobals: false };
    const at = (text: string) => ({ startedAt: new Date(text), finishedAt: new Date(text) });
    const byTime = [...backups].sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
    expect(byTime).toEqual([
      {
        ...common,
        ...at('2024-01-01T00:00:00Z'),
        backupId: 1,
        serverName: 'server 99 (deleted)',
        result: 'success',
        sizeBytes: 77,
      },
      {
        ...common,
        ...at('2025-11-01T02:00:00Z'),
        backupId: 2,
        serverId: 1,
        serverName: 'shop',
        result: 'success',
        sizeBytes: 1_000_000,
      },
      {
        ...common,
        ...at('2025-11-02T02:00:00Z'),
        backupId: 3,
        serverId: 1,
        serverName: 'shop',
        result: 'failed',
        error: 'pg_dump: error: connection refused',
      },
      {
        ...common,
        ...at('2025-11-02T03:00:00Z'),
        backupId: 4,
        serverId: 2,
        serverName: expect.any(String),
        result: 'success',
        sizeBytes: 5000,
      },
    ]);
  });

  test('ids go on where the earlier program stopped', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    writeDatabase(path, `${LATEST.ddl} DELETE FROM servers WHERE id = 7;`);
    await (await openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() })).close();
    const database = new Database(path);
    const columns = (
      database.prepare('select name from pragma_table_info(?)').pluck().all('servers') as string[]
    ).filter((name) => name !== 'id');
    const list = columns.map((name) => `"${name}"`).join(', ');
    database.exec(
      `insert into servers (${list}) select ${columns.map((name) => (name === 'name' ? "'new'" : `"${name}"`)).join(', ')} from servers where id = 1`,
    );
    // Not 2: an id once given, and found in a log or a script, is never given again.
    expect(database.prepare("select id from servers where name = 'new'").pluck().get()).toBeGreaterThan(7);
    database.close();
  });
});
