import type { Clock } from '../system/clock.ts';
import { backupQueries, type BackupQueries } from './backup-queries.ts';
import { openSqliteCatalog, type CatalogDatabase } from './dialects/sqlite.ts';
import { destinationQueries, type DestinationQueries } from './destination-queries.ts';
import { historyQueries, type HistoryQueries } from './history-queries.ts';
import { placeQueries, type PlaceQueries } from './place-queries.ts';
import { rebuildQueries, type RebuildQueries } from './rebuild-queries.ts';
import { runNote, type RunNote } from './run-lock.ts';
import { serverQueries, type ServerQueries } from './server-queries.ts';
import { verificationQueries, type VerificationQueries } from './verification-queries.ts';

/** What pgbak remembers: its servers and their backups. */
export interface Catalog extends Omit<CatalogDatabase, 'db'> {
  servers: ServerQueries;
  destinations: DestinationQueries;
  backups: BackupQueries;
  verifications: VerificationQueries;
  history: HistoryQueries;
  rebuild: RebuildQueries;
  places: PlaceQueries;
  runNote: RunNote;
  close(): Promise<void>;
}

/**
 * `create`: make the catalogue where there is none. `change`: write to an existing one. `read`: read an existing one, through a
 * copy where it cannot be written. `read or nothing`: likewise, and an absent catalogue counts as empty.
 */
export type CatalogUse = 'create' | 'change' | 'read' | 'read or nothing';

export interface OpenOptions {
  use: CatalogUse;
  clock: Clock;
  /** For a private copy of a catalogue that cannot be written. */
  temporaryDirectory: string;
}

/**
 * Opens the catalogue at `path`. Migrates an older one to today's schema and adopts a file of the earlier program; first puts a
 * copy of either beside it. Creates a catalogue (mode 0600, its directory 0700) only where `use` says so: an empty one in place
 * of one whose disk is not mounted would report that all is well. Refuses other files, and catalogues of a newer pgbak, untouched.
 *
 * @throws ConfigError for what a user can mend
 */
export async function openCatalog(path: string, options: OpenOptions): Promise<Catalog> {
  const { db, ...database } = await openSqliteCatalog(path, options);
  return {
    ...database,
    servers: serverQueries(db),
    destinations: destinationQueries(db),
    backups: backupQueries(db),
    verifications: verificationQueries(db),
    history: historyQueries(db),
    rebuild: rebuildQueries(db),
    places: placeQueries(db),
    runNote: runNote(db),
    close: () => db.destroy(),
  };
}
