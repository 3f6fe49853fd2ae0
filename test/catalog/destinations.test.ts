import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from '@jest/globals';
import { createTables } from '../../src/catalog/migrations/0001-tables.ts';
import { exportCatalog } from '../../src/catalog/export-catalog.ts';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import type { Schema } from '../../src/catalog/schema.ts';
import { DESTINATION_FIELD_NAMES, DESTINATION_DEFAULTS, OF_DESTINATION } from '../../src/server/destination-record.ts';
import { destinationInputFrom, parseDestinationInput } from '../../src/server/destination-form.ts';
import { systemClock } from '../../src/system/clock.ts';
import { serverRecord } from '../support/server-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const open = async (path: string) =>
  await openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() });

test('a destination of a catalogue before lists is the only one of its server, and none stays none', async () => {
  using folder = temporaryFolder();
  const path = folder.at('backup.sqlite');
  const database = new Database(path);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
  await createTables(db);
  database.exec(`update pgbak_meta set value = '1' where name = 'schema';
    insert into servers (name, connection_string, archive_name, destination, B2_BUCKET) values
      ('usual', 'service=a', 'a', null, null), ('bucket', 'service=a', 'b', 'b2', 'own'),
      ('quoted', 'service=a', 'c', 'file:/srv/"my" \\ backups', null), ('bad', 'service=a', 'd', 'ftp://host', null),
      ('blob', 'service=a', 'e', x'00ff', null)`);
  await db.destroy();
  await using catalog = await closing(await open(path));
  const servers = await catalog.servers.list();
  expect(
    servers.map(({ name, destinations, b2Bucket, unreadable }) => ({ name, destinations, b2Bucket, unreadable })),
  ).toEqual([
    { name: 'usual', destinations: [] },
    { name: 'bucket', destinations: ['b2'], b2Bucket: 'own' },
    { name: 'quoted', destinations: ['file:/srv/"my" \\ backups'] },
    {
      name: 'bad',
      destinations: [],
      unreadable: [
        {
          column: 'destinations',
          problem: 'cannot be meant: the destination must be b2, s3:BUCKET, a directory, or a remote of rclone',
        },
      ],
    },
    {
      name: 'blob',
      destinations: [],
      unreadable: [{ column: 'destinations', problem: expect.stringContaining('list') }],
    },
  ]);
  expect(await catalog.destinations.list()).toEqual([]);
});

/** A value for each flag that is not what a new destination has. */
const FLAGS = {
  name: 'offsite',
  place: 'b2:far/away/',
  'b2-key-id': 'plain-id',
  'b2-app-key': 'plain-app-key',
  'b2-prune-key-id': 'env:PRUNE_ID',
  'b2-prune-app-key': 'plain-prune-key',
  endpoint: 'https://s3.example',
  region: 'eu-1',
  'access-key-id': 'plain-access-id',
  'secret-access-key': 'plain-secret-key',
  profile: 'backup',
  'storage-class': 'STANDARD_IA',
  'path-style': 'yes',
  'rclone-config': '/etc/rclone.conf',
  'verify-upload': true,
  'keep-last': 1,
  'keep-hourly': 2,
  'keep-daily': 3,
  'keep-weekly': 4,
  'keep-monthly': 5,
  'keep-yearly': 6,
  'keep-within': '30d',
  'object-lock-days': 7,
  'object-lock-mode': 'compliance',
  bandwidth: '10M',
};

async function closing(catalog: Awaited<ReturnType<typeof open>>) {
  return await Promise.resolve({ ...catalog, [Symbol.asyncDispose]: async () => await catalog.close() });
}

test('each field of a destination is stored as its flag gives it, and read back; an export keeps references alone', async () => {
  expect(DESTINATION_FIELD_NAMES.map((name) => OF_DESTINATION[name].flag)).toEqual(Object.keys(FLAGS));
  using folder = temporaryFolder();
  const path = folder.at('catalog.sqlite');
  await using catalog = await closing(await open(path));
  const fields = {
    ...DESTINATION_DEFAULTS,
    name: '',
    place: '',
    ...parseDestinationInput(destinationInputFrom(FLAGS)),
  };
  for (const [name, value] of Object.entries(DESTINATION_DEFAULTS)) expect(fields).not.toHaveProperty(name, value);
  await catalog.destinations.add(fields);
  const [stored] = await catalog.destinations.list();
  expect(stored).toEqual({ ...fields, place: 'b2:far/away', id: 1 });
  expect(stored?.s3SecretAccessKey?.reveal()).toBe('plain-secret-key');

  const copy = folder.at('copy.sqlite');
  await exportCatalog(catalog.copyTo, copy, () => 'none');
  expect(readFileSync(copy).includes('plain-')).toBe(false);
  await using exported = await closing(await open(copy));
  const [shown] = await exported.destinations.list();
  expect(shown).toMatchObject({ name: 'offsite', place: 'b2:far/away', b2AppKey: undefined, keepLast: 1 });
  expect(shown?.b2PruneKeyId?.reveal()).toBe('env:PRUNE_ID');
});

test('a new name of a destination reaches the servers that refer to it, and no others', async () => {
  using folder = temporaryFolder();
  await using catalog = await closing(await open(folder.at('catalog.sqlite')));
  const fields = { ...DESTINATION_DEFAULTS, name: 'nas', place: 'file:/mnt/nas' };
  const nas = await catalog.destinations.add(fields);
  await catalog.servers.add(serverRecord({ name: 'one', destinations: ['b2', 'nas'] }));
  await catalog.servers.add(serverRecord({ name: 'two', archiveName: 'two', destinations: ['nas2'] }));
  await catalog.destinations.update(nas, { ...fields, name: 'home' });
  expect((await catalog.servers.list()).map(({ destinations }) => destinations)).toEqual([['b2', 'home'], ['nas2']]);
  await catalog.destinations.remove(nas.id);
  expect(await catalog.destinations.list()).toEqual([]);
});
