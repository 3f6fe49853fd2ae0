import type { Format } from './dump-format.ts';

/** How an attempt ended. `running` is also what a killed run leaves until the next one finds it. */
export type BackupResult = 'running' | 'success' | 'failed';

/** Rows by `schema.table`, as PostgreSQL spells them without quotes. */
export type RowCounts = Readonly<Record<string, number>>;

/**
 * Sums of the same bytes, in hexadecimal digits: a storage knows one of them at least. B2 speaks SHA-1 (40 digits), others
 * SHA-256 (64), which cannot be forged.
 */
export type Sums = { sha1: string; sha256?: string } | { sha1?: string; sha256: string };

/** The sums of one part of an archive. */
export interface PartSum {
  sizeBytes: number;
  sha1: string;
  /** Absent in what was stored before pgbak took it. */
  sha256?: string;
}

/**
 * Proves that an archive is the one that was stored: by the sums of all of it or, where its parts were never on the disk
 * together, by those of each part, in their order.
 */
export type Checksum = Sums | { partSums: readonly PartSum[] };

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
  /** The same in 64 digits; absent as well in what was stored before pgbak took it. */
  sha256?: string;
  /** The note of it that stood beside the archive when the catalogue was rebuilt: `core/sum-note.ts`. */
  sumNote?: string;
  warnings: string[];
  /** When its object was removed from storage. */
  removedAt?: Date;
  /** When its removal was begun, while it is not known how that ended. */
  removingAt?: Date;
  /** When the place that holds its object was given up. */
  givenUpAt?: Date;
  /** The catalogue that made it, where that was another. */
  catalogId?: string;
  /** The roles that the dump names; absent where they were not looked for. */
  roles?: string[];
  /** The database's encoding, as PostgreSQL calls it. */
  encoding?: string;
  /** Whether the archive holds roles and settings as well. */
  hasGlobals: boolean;
  /** Why it failed; secrets hidden. */
  error?: string;
}

export const LEVELS = ['remote', 'archive', 'restore'] as const;
/**
 * `remote`: storage has the object, with the size (and in B2 the SHA-1) that was recorded. `archive`: all of it is
 * fetched, compared, opened, and its dump read to the end. `restore`: it is loaded into a throwaway database, every
 * table there is counted, and the counts are compared with those of the dump where they were noted.
 */
export type Level = (typeof LEVELS)[number];

/** How one verification of a backup ended. */
export interface VerificationRecord {
  backupId: number;
  verifiedAt: Date;
  level: Level;
  isGood: boolean;
  /** What was seen, or what is wrong; secrets hidden. */
  message: string;
}
