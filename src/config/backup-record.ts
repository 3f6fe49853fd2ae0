import type { Format } from './server.ts';

/** How an attempt ended. `running` is also what a killed run leaves until the next one finds it. */
export type BackupResult = 'running' | 'success' | 'failed';

/** Rows by `schema.table`, as PostgreSQL spells them without quotes. */
export type RowCounts = Readonly<Record<string, number>>;

/** A stretch of an archive and its SHA-1, 40 hexadecimal digits. */
export interface PartSum {
  sizeBytes: number;
  sha1: string;
}

/**
 * What proves that an archive is the very one that was stored: the SHA-1 of all of it or, where parts of it were never on
 * the disk together, that of each part, in their order.
 */
export type Checksum = { sha1: string } | { partSums: readonly PartSum[] };

/** One attempt to back up a server, as the catalogue remembers it. */
export interface BackupRecord {
  backupId: number;
  /** Absent once the server was deleted. */
  serverId?: number;
  /** The server's name, also after it was deleted. */
  serverName: string;
  startedAt: Date;
  finishedAt?: Date;
  result: BackupResult;
  /** The archive's size as stored. */
  sizeBytes?: number;
  /** The dump's size before compression. */
  rawSizeBytes?: number;
  format?: Format;
  compression?: string;
  /** `b2:BUCKET` or `file:/dir`. */
  place?: string;
  objectName?: string;
  objectId?: string;
  /** SHA-1 of the stored archive, 40 hexadecimal digits; absent where only those of its parts are known. */
  sha1?: string;
  warnings: string[];
  /** When its object was removed from storage. */
  removedAt?: Date;
  /** The roles that the dump names; absent where nobody looked. */
  roles?: string[];
  /** The database's encoding, as PostgreSQL calls it. */
  encoding?: string;
  /** Whether the archive holds roles and settings as well. */
  hasGlobals: boolean;
  /** Why it failed; secrets hidden. */
  error?: string;
}
