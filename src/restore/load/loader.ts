import type { Writable } from 'node:stream';
import type { Format } from '../../core/archive-format.ts';
import type { PgbakError } from '../../core/errors.ts';
import type { ClientPrograms } from '../../postgres/client-programs.ts';
import type { Database } from '../../postgres/database.ts';
import type { LeftOut } from '../../postgres/plain-dump/left-out.ts';
import type { DumpParts } from '../parts/match-names.ts';

/** A psql or pg_restore that waits for a dump, in one transaction. */
export interface Loader {
  input: Writable;
  /** Where the dump is unpacked before it is loaded. The files of a dump that is a directory go there, and not to `input`. */
  unpacksTo?: string;
  /** Call after the whole dump was written. Resolves when the transaction is committed. */
  commit(): Promise<void>;
  /** Stops the load without a commit. Resolves with the loader's own error if it had failed before. */
  abandon(): Promise<PgbakError | undefined>;
}

export interface LoadRequest {
  format: Format;
  database: Database;
  /** The programs that load. */
  programs: ClientPrograms;
  /** For a binary dump only. */
  parts?: DumpParts;
  /** Statements of the dump that are not run. */
  leftOut?: LeftOut;
  /** For a binary dump: a file that lists the entries to load, for pg_restore's `--use-list`. */
  listPath?: string;
  /** Remove everything from the database first, in the same transaction. */
  emptyFirst?: boolean;
  /** Put everything into the tablespace of the database. */
  noTablespaces?: boolean;
  /** How long a statement of the load waits for a lock that another session holds; 600 without it. */
  lockWaitSeconds?: number;
  /** Called with the session that holds a lock for which the load waits. */
  onWait?: (message: string) => void;
}

/** The target of a load, with questions through the psql of the load's programs. */
export function askingOf({ database, programs }: LoadRequest): Database {
  return database.with({ found: [programs] });
}
