import type { RetentionRules } from './retention-rules.ts';
import type { Format } from '../core/dump-format.ts';
import type { Secret } from '../core/secret.ts';

export const SIZE_CHANGE_ACTIONS = ['alert', 'reject'] as const;
/** What a suspicious change of size does: warn and store, or fail and store nothing. */
export type SizeChangeAction = (typeof SIZE_CHANGE_ACTIONS)[number];

export const VERIFY_AFTER = ['none', 'archive', 'restore'] as const;
/** How thoroughly each backup is verified before it counts as made. */
export type VerifyAfter = (typeof VERIFY_AFTER)[number];

/**
 * What pgbak remembers of a server, as a user gave it: secrets and connection string may still be references
 * (`env:NAME`, `file:/path`), and what is absent comes from the environment or a default when a backup is made.
 */
export interface ServerFields {
  /** Unique; what people type. */
  name: string;
  connectionString: Secret;
  /** Whole hours, at least 1. */
  frequencyHours: number;
  format: Format;
  /** `lzma2:1` to `lzma2:9`. */
  compression: string;
  /** The stored name without its extension; may hold `/`. */
  archiveName: string;
  archivePassword?: Secret | undefined;
  /** `b2` or `file:/absolute/dir`. */
  destination?: string | undefined;
  b2KeyId?: Secret | undefined;
  b2AppKey?: Secret | undefined;
  b2Bucket?: string | undefined;
  hcUrlStart?: Secret | undefined;
  hcUrlSuccess?: Secret | undefined;
  hcUrlFail?: Secret | undefined;
  /** Hears of each verification: of a good one at the URL itself, of a bad one below it at `/fail`. */
  hcUrlVerify?: Secret | undefined;
  /** pg_dump patterns. */
  excludeTables: readonly string[];
  excludeTableData: readonly string[];
  excludeSchemas: readonly string[];
  /** Leave all large objects out. */
  noLargeObjects: boolean;
  minSizeBytes: number;
  sizeTolerancePercent: number;
  onSizeChange: SizeChangeAction;
  lockWaitSeconds: number;
  idleTimeoutSeconds: number;
  /** Keep roles, tablespaces and the database's own settings in the archive as well. */
  includeGlobals: boolean;
  /** Count every table in the snapshot of the dump, for a verification to compare. */
  countRows: boolean;
  verifyAfter: VerifyAfter;
  /** Which backups to keep; none: all. */
  retention: RetentionRules;
  /** Remove what the rules do not keep after each good backup. */
  autoPrune: boolean;
}

/** A column of a server's row that does not hold what it should. */
export interface UnreadableColumn {
  column: string;
  /** `is no text`; never the value, which may be a secret. */
  problem: string;
}

/** A server as the catalogue holds it. */
export interface ServerRecord extends ServerFields {
  id: number;
  /** When the last attempt ended, and how. */
  lastBackup?: Date;
  lastResult?: 'success' | 'failed';
  /**
   * When the run that made the last good backup began. Due times count from here, not from the backup's own end, so
   * that neither a long dump nor a long queue before it makes a daily cron job skip a day.
   */
  lastSuccessRun?: Date;
  /**
   * What of its row cannot be read, where there is such a thing. The fields then hold what a new server would have, which
   * nobody asked for: it must be shown as being in error, and neither backed up nor pruned.
   */
  unreadable?: readonly UnreadableColumn[];
}

/** Values for what a user left out when adding a server. */
export const SERVER_DEFAULTS = {
  frequencyHours: 24,
  format: 'sql',
  compression: 'lzma2:1',
  excludeTables: [],
  excludeTableData: [],
  excludeSchemas: [],
  noLargeObjects: false,
  minSizeBytes: 4096,
  sizeTolerancePercent: 10,
  onSizeChange: 'alert',
  lockWaitSeconds: 600,
  idleTimeoutSeconds: 1800,
  includeGlobals: false,
  countRows: false,
  verifyAfter: 'none',
  retention: {},
  autoPrune: false,
} as const satisfies Partial<ServerFields>;
