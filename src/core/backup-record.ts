import type { Format } from './archive-format.ts';

/** How an attempt ended. A killed run leaves `running` until the next run finds it. */
export type BackupResult = 'running' | 'success' | 'failed';

/** Rows by `schema.table`, as PostgreSQL spells them without quotes. */
export type RowCounts = Readonly<Record<string, number>>;

/** A part of an archive and its sums, of 40 and 64 hexadecimal digits. */
export interface PartSum {
  sizeBytes: number;
  sha1: string;
  /** Absent in archives of early versions. */
  sha256?: string;
}

/** Sums of the same bytes. A storage knows one of them at least: B2 knows SHA-1; SHA-256 cannot be forged. */
export type Sums = { sha1: string; sha256?: string } | { sha1?: string; sha256: string };

/**
 * Proves that an archive is the one that was stored: the sums of the whole or, where its parts were never on disk together, those
 * of each part in order.
 */
export type Checksum = Sums | { partSums: readonly PartSum[] };

/** A backup that a person keeps. */
export interface KeptBackup {
  /** Absent for no end. */
  until?: Date;
  /** Why. */
  note?: string;
}

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
  /** SHA-1 of the stored archive, 40 hexadecimal digits; absent where only the sums of its parts are known. */
  sha1?: string;
  /** SHA-256 of it, 64 digits; absent in archives of early versions too. */
  sha256?: string;
  /** The note of its SHA-256 that was found beside the archive when the catalogue was rebuilt: `core/checksum-note.ts`. */
  sumNote?: string;
  warnings: string[];
  /** When its object was removed from storage. */
  removedAt?: Date;
  /** When its removal began, while it is unknown how that ended. */
  removingAt?: Date;
  /** When the place that holds its object was given up. */
  givenUpAt?: Date;
  /** The other catalogue that made it. */
  catalogId?: string;
  /** Set while it is kept against the rules of retention. */
  kept?: KeptBackup;
  /** Of a further copy: the id of the backup that it is a copy of. */
  copyOf?: number;
  /** The roles that the dump names; absent where they were not determined. */
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
 * How thoroughly a backup is verified. `remote`: storage has the object, with the recorded size (and in B2 the SHA-1). `archive`:
 * the archive is fetched, compared and opened, and its dump read to the end. `restore`: the dump is loaded into a throwaway
 * database, and the rows of every table are compared with the counts of the dump, where those were recorded.
 */
export type Level = (typeof LEVELS)[number];

/** How one verification of a backup ended. */
export interface VerificationRecord {
  backupId: number;
  verifiedAt: Date;
  level: Level;
  isGood: boolean;
  /** What was checked, or the fault that was found; secrets hidden. */
  message: string;
}
