import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { expect, test } from '@jest/globals';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import { newServer, parseServerInput } from '../../src/server/server-form.ts';
import { FIELD_NAMES, FIELDS, SERVER_DEFAULTS, type ServerInput } from '../../src/server/server.ts';
import { systemClock } from '../../src/system/clock.ts';
import { serverInputFrom } from '../../src/server/server-input.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const open = async (path: string) =>
  await openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() });

/** A value for each flag that is not what a new server has. */
const FLAGS = {
  name: 'shop',
  'connection-string': 'service=shop',
  'all-databases': true,
  'include-database': ['shop*'],
  'exclude-database': ['shop_old'],
  'frequency-hrs': 7,
  format: 'binary',
  compression: 'zstd:3',
  'archive-name': 'production/shop',
  'archive-password': 'env:PASSWORD',
  'earlier-archive-password': ['env:OLDER', 'oldest'],
  destination: ['file:/srv/backups', 'nas', 'b2:offsite/production'],
  'b2-key-id': 'id',
  'b2-app-key': 'key',
  'b2-bucket': 'bucket',
  'hc-url-start': 'https://hc/1',
  'hc-url-success': 'https://hc/2',
  'hc-url-fail': 'https://hc/3',
  'hc-url-verify': 'https://hc/4',
  'exclude-table': ['a', 'b'],
  'exclude-table-data': ['c'],
  'exclude-schema': ['d'],
  'large-objects': false,
  'min-size': 1,
  'size-tolerance': 2,
  'on-size-change': 'reject',
  'lock-wait-sec': 3,
  'idle-timeout-sec': 4,
  'dump-jobs': 3,
  'include-globals': true,
  'count-rows': true,
  'verify-after': 'restore',
  'keep-last': 5,
  'keep-hourly': 6,
  'keep-daily': 7,
  'keep-weekly': 8,
  'keep-monthly': 9,
  'keep-yearly': 10,
  'keep-within': '1y6m',
  'auto-prune': true,
};

test('each field is stored as its flag gives it, and read back', async () => {
  expect(FIELD_NAMES.map((name) => FIELDS[name].flag)).toEqual(Object.keys(FLAGS));
  using folder = temporaryFolder();
  const catalog = await open(folder.at('catalog.sqlite'));
  const input = serverInputFrom(FLAGS);
  expect(Object.keys(input)).toEqual(FIELD_NAMES);
  const fields = newServer(parseServerInput(input), { variable: () => undefined });
  for (const [name, value] of Object.entries(SERVER_DEFAULTS)) expect(fields).not.toHaveProperty(name, value);
  await catalog.servers.add(fields);
  const [stored] = await catalog.servers.list();
  expect(stored).toEqual({ ...fields, id: 1 });
  expect(stored?.b2AppKey?.reveal()).toBe('key');
  expect(stored?.earlierArchivePasswords.map((one) => one.reveal())).toEqual(['env:OLDER', 'oldest']);
  expect(stored?.noLargeObjects).toBe(true);
  await catalog.close();
});

test('each column of a server is a field or a note of pgbak itself', async () => {
  using folder = temporaryFolder();
  const path = folder.at('catalog.sqlite');
  await (await open(path)).close();
  const database = new Database(path);
  const columns = database.prepare("select name from pragma_table_info('servers')").pluck().all();
  database.close();
  const noted = ['id', 'last_backup', 'last_backup_result', 'last_success_run'];
  const ofParts = ['cluster_id', 'cluster_database', 'gone_at', 'forgotten_at'];
  expect(new Set(columns)).toEqual(new Set([...FIELD_NAMES.map((name) => FIELDS[name].column), ...noted, ...ofParts]));
});

test('an empty text clears an optional field, and 0 a rule', () => {
  const optional = FIELD_NAMES.filter((name) => 'default' in FIELDS[name] && FIELDS[name].default === undefined);
  expect(optional.length).toBe(15);
  for (const name of optional) {
    const cleared: ServerInput = { [name]: FIELDS[name].kind === 'whole' ? 0 : '' };
    expect(Object.entries(parseServerInput(cleared))).toEqual([[name, undefined]]);
  }
});
