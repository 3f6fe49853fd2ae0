import type { Generated } from 'kysely';

/** `servers`: the earlier program's columns under their old names, and today's beside them. */
export interface ServersTable {
  id: Generated<number>;
  name: string;
  connection_string: string;
  frequency_hrs: number;
  format: string;
  compression: string;
  archive_name: string;
  archive_password: string | null;
  destination: string | null;
  B2_KEY_ID: string | null;
  B2_APP_KEY: string | null;
  B2_BUCKET: string | null;
  hc_url_start: string | null;
  hc_url_success: string | null;
  hc_url_fail: string | null;
  /** The three exclusions: JSON arrays of patterns. */
  exclude_tables: string;
  exclude_table_data: string;
  exclude_schemas: string;
  min_size: number;
  size_tolerance: number;
  on_size_change: string;
  lock_wait_sec: number;
  idle_timeout_sec: number;
  /** `YYYYMMDDTHHMMSS`, UTC: when the last attempt ended. */
  last_backup: string | null;
  /** `Success` or `Failed`. */
  last_backup_result: string | null;
  /** ISO 8601: when the run that made the last good backup began. */
  last_success_run: string | null;
}

/** `backup_log`: one row an attempt. */
export interface BackupLogTable {
  id: Generated<number>;
  /** Null once the server was deleted; its name stays. */
  server_id: number | null;
  server_name: string;
  /** `YYYYMMDDTHHMMSS`, UTC: when it ended, or began while it runs. */
  ts: string;
  /** `Success`, `Running`, or the error. */
  result: string;
  file_size: number | null;
  /** `'1'` or `'0'`. */
  success: string;
  /** ISO 8601, as the next. */
  started_at: string;
  finished_at: string | null;
  raw_size: number | null;
  format: string | null;
  compression: string | null;
  place: string | null;
  object_name: string | null;
  object_id: string | null;
  sha1: string | null;
  /** JSON array of sentences. */
  warnings: string;
}

/** Facts about the catalogue itself, by name: `id`, `schema`. */
export interface MetaTable {
  name: string;
  value: string;
}

export interface Schema {
  servers: ServersTable;
  backup_log: BackupLogTable;
  pgbak_meta: MetaTable;
}
