import { Kysely, sql, SqliteDialect } from 'kysely';
import { ConfigError } from '../core/errors.ts';
import { adoptEarlier, type Adopted } from './adopt-earlier.ts';
import { kindOfDatabase } from './dialects/sqlite-file.ts';
import { createTables } from './migrations/0001-tables.ts';
import { addVerificationAndRetention } from './migrations/0002-verification-and-retention.ts';
import { addPartSums } from './migrations/0003-part-sums.ts';
import { addStrongSums } from './migrations/0004-strong-sums.ts';
import { addNoLargeObjects } from './migrations/0005-no-large-objects.ts';
import { addDatabaseFacts } from './migrations/0006-database-facts.ts';
import { addPlaces } from './migrations/0009-places.ts';
import { addUnsettled } from './migrations/0010-unsettled.ts';
import { addIndices } from './migrations/0011-indices.ts';
import { addEarlierPasswords } from './migrations/0012-earlier-passwords.ts';
import { addDestinations } from './migrations/0013-destinations.ts';
import { addCopies } from './migrations/0014-copies.ts';
import { addVerifyUpload } from './migrations/0015-verify-upload.ts';
import { addDumpJobs } from './migrations/0016-dump-jobs.ts';
import { addClusters } from './migrations/0017-clusters.ts';
import type { Sqlite } from '../system/sqlite.ts';
import type { Schema } from './schema.ts';

/** In order: a catalogue's schema number counts those that it has seen. Never edit one that was released. */
const MIGRATIONS: readonly ((db: Kysely<Schema>) => Promise<void>)[] = [
  createTables,
  addVerificationAndRetention,
  addPartSums,
  addStrongSums,
  addNoLargeObjects,
  addDatabaseFacts,
  addPlaces,
  addUnsettled,
  addIndices,
  addEarlierPasswords,
  addDestinations,
  addCopies,
  addVerifyUpload,
  addDumpJobs,
  addClusters,
];

/** The schema that this pgbak works with. */
export const SCHEMA = MIGRATIONS.length;

/** Throws a `ConfigError` for a catalogue of a newer pgbak. */
export function refuseNewer(path: string, schema: number): void {
  if (schema <= SCHEMA) return;
  throw new ConfigError(
    `the catalogue ${path} was written by a newer pgbak (schema ${schema}, this one knows ${SCHEMA})`,
    'Upgrade pgbak: npm install -g --allow-scripts=better-sqlite3 pgbak@latest. Nothing was changed.',
  );
}

/**
 * Brings a database (empty, of an older schema, or of the earlier program) to today's schema, in one transaction. Calls
 * `keepCopy` before the first change to a file that is not empty. Of two processes that start at once, the second waits and
 * finds nothing to do. Returns what was adopted from the earlier program.
 */
export async function migrate(database: Sqlite, path: string, keepCopy: () => void): Promise<Adopted | undefined> {
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
  database.exec('begin exclusive');
  try {
    const file = kindOfDatabase(database, path);
    let adopted: Adopted | undefined;
    if (file.kind === 'earlier') {
      keepCopy();
      adopted = await adoptEarlier(db, () => apply(db, 0));
    } else {
      if (file.kind === 'current' && file.schema < SCHEMA) keepCopy();
      await apply(db, file.kind === 'current' ? file.schema : 0);
    }
    database.exec('commit');
    return adopted;
  } catch (error) {
    if (database.inTransaction) database.exec('rollback');
    throw error;
  }
}

async function apply(db: Kysely<Schema>, from: number): Promise<void> {
  for (const up of MIGRATIONS.slice(from)) await up(db);
  await sql`update pgbak_meta set value = ${String(SCHEMA)} where name = 'schema'`.execute(db);
}
