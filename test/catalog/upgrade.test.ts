import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from '@jest/globals';
import { createTables } from '../../src/catalog/migrations/0001-tables.ts';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import type { Schema } from '../../src/catalog/schema.ts';
import { systemClock } from '../../src/system/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a catalogue of the first schema is brought to today, and a copy of it kept', async () => {
  using folder = temporaryFolder();
  const path = folder.at('backup.sqlite');
  const database = new Database(path);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
  await createTables(db);
  database.exec(`update pgbak_meta set value = '1' where name = 'schema';
    insert into servers (name, connection_string, archive_name) values ('shop', 'service=shop', 'shop');
    insert into backup_log (server_id, server_name, ts, result, success, started_at, finished_at, object_id, place)
    values (1, 'shop', '20261124T030000', 'Success', '1', '2026-11-24T03:00:00Z', '2026-11-24T03:01:00Z', 'id', 'b2:b')`);
  await db.destroy();
  const before = readFileSync(path);

  const catalog = await openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() });
  expect(await catalog.servers.list()).toMatchObject([
    {
      name: 'shop',
      keepLast: undefined,
      keepWithin: undefined,
      verifyAfter: 'none',
      autoPrune: false,
      includeGlobals: false,
    },
  ]);
  expect(await catalog.backups.inStorage(1)).toMatchObject([{ backupId: 1, objectId: 'id', hasGlobals: false }]);
  await catalog.verifications.record({
    backupId: 1,
    verifiedAt: new Date(0),
    level: 'archive',
    isGood: true,
    message: 'read to its end',
  });
  expect((await catalog.verifications.recent()).get(1)?.lastGood?.verifiedAt).toEqual(new Date(0));
  const partSums = [
    { sizeBytes: 5_200_000, sha1: '0'.repeat(40) },
    { sizeBytes: 17, sha1: 'f'.repeat(40) },
  ];
  await catalog.backups.noteStored(1, {
    sizeBytes: 5_200_017,
    rawSizeBytes: 6_000_000,
    place: 'b2:b',
    objectId: 'id',
    checksum: { partSums },
    roles: [],
    facts: { encoding: 'UTF8', provider: 'libc', collate: 'C', ctype: 'C', comment: 'a shop' },
    hasGlobals: false,
  });
  expect(await catalog.backups.partSums(1)).toEqual(partSums);
  expect(await catalog.backups.databaseFacts(1)).toMatchObject({ encoding: 'UTF8', comment: 'a shop' });
  expect(await catalog.backups.find(1)).not.toHaveProperty('sha1');
  await catalog.close();
  const [copy = ''] = readdirSync(folder.path).filter((name) => name.includes('.before-pgbak-'));
  expect(readFileSync(folder.at(copy)).equals(before)).toBe(true);
});
