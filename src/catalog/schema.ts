import type { Generated } from 'kysely';
import type { DESTINATION_FIELDS } from '../server/destination-fields.ts';
import type { DestinationFieldName } from '../server/destination-record.ts';
import type { CellIn } from '../server/field-table.ts';
import type { SERVER_FIELDS } from '../server/fields.ts';
import type { FieldName } from '../server/server.ts';

type Table = typeof SERVER_FIELDS;

/** The columns of a server's fields, under the names that the earlier program gave them where it had them. */
export type FieldColumns = {
  [Name in FieldName as Table[Name]['column']]: 'default' extends keyof Table[Name]
    ? Generated<CellIn<Table, Name>>
    : string;
};

/** `servers`: a server's fields, and what pgbak itself notes of it. */
export interface ServersTable extends FieldColumns {
  id: Generated<number>;
  /** `YYYYMMDDTHHMMSS`, UTC: when the last attempt ended. */
  last_backup: string | null;
  /** `Success` or `Failed`. */
  last_backup_result: string | null;
  /** ISO 8601: when the run that made the last good backup began. */
  last_success_run: string | null;
  /** Set in the row of a database of a cluster, and in that of the cluster's roles: the id of the cluster. */
  cluster_id: Generated<number | null>;
  /** The database of the cluster; null for its roles. */
  cluster_database: Generated<string | null>;
  /** ISO 8601: since when the cluster lacks the database. */
  gone_at: Generated<string | null>;
  /** ISO 8601: when a user said that no warning of that is wanted. */
  forgotten_at: Generated<string | null>;
}

type DestinationTable = typeof DESTINATION_FIELDS;

/** The columns of a destination's fields. */
export type DestinationColumns = {
  [Name in DestinationFieldName as DestinationTable[Name]['column']]: CellIn<DestinationTable, Name>;
};

/** `destinations`: places that have a name and settings of their own. */
export interface DestinationsTable extends DestinationColumns {
  id: Generated<number>;
}

/** `backup_log`: one row for each attempt, and one for each further copy of its archive. */
export interface BackupLogTable {
  id: Generated<number>;
  /** Null once the server was deleted; its name stays. */
  server_id: number | null;
  server_name: string;
  /** `YYYYMMDDTHHMMSS`, UTC: when it ended or, while it runs, when it began. */
  ts: string;
  /** `Success`, `Running`, or the error. */
  result: string;
  file_size: number | null;
  /** `'1'` or `'0'`. */
  success: string;
  /** ISO 8601, like `finished_at`. */
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
  /** ISO 8601: when its object was removed from storage. */
  removed_at: Generated<string | null>;
  /** JSON array of the roles that the dump names; null where they were not looked for. */
  roles: Generated<string | null>;
  /** The database's encoding, as PostgreSQL calls it. */
  encoding: Generated<string | null>;
  /** 1 where the archive holds roles and settings as well. */
  has_globals: Generated<number>;
  /** 1 where storage may hold something of this attempt that is not recorded. */
  unsettled: Generated<number>;
  facts_id: Generated<number | null>;
  sha256: Generated<string | null>;
  /** The note of its SHA-256 that was found beside the archive when the catalogue was rebuilt: `core/checksum-note.ts`. */
  sum_note: Generated<string | null>;
  /** ISO 8601: when its removal from storage began, until it is known how that ended. */
  removing_at: Generated<string | null>;
  /** ISO 8601: when the place that holds its object was given up. */
  given_up_at: Generated<string | null>;
  /** The other catalogue that made it. */
  catalog_id: Generated<string | null>;
  /**
   * Set in the row of a further copy: the id of the backup that it is a copy of. Such a row repeats what is known of the archive, so that it
   * can be verified, removed and restored by itself. `success` is `'0'` while the copy is missing; `result` tells why.
   */
  copy_of: Generated<number | null>;
  /** ISO 8601: since when no rule removes the backup, and until when; null for no end. */
  kept_at: Generated<string | null>;
  kept_until: Generated<string | null>;
  kept_note: Generated<string | null>;
}

/** Directories that archives were stored in. */
interface PlacesTable {
  /** `file:/dir`. */
  place: string;
  /** What its file `.pgbak-destination` says. */
  mark: string;
}

/** Other catalogues whose archives were taken in. */
interface OtherCatalogsTable {
  id: string;
  /** 1 where retention rules apply to their archives too. */
  is_ruled: Generated<number>;
}

/** `verification_log`: one row for each verification. */
export interface VerificationLogTable {
  id: Generated<number>;
  backup_id: number;
  /** Copied from `backup_log`, so that an index finds the newest of each server. */
  server_id: number | null;
  /** ISO 8601. */
  verified_at: string;
  level: string;
  /** `'1'` or `'0'`. */
  success: string;
  /** What was seen, or what is wrong. */
  message: string;
}

/** Apart from `backup_log`, whose rows are read by the thousand. */
interface RowCountsTable {
  backup_id: number;
  /** JSON object: rows by `schema.table`. */
  counts: string;
}

/** Apart from `backup_log` too; only for archives without a sum of the whole. */
interface PartSumsTable {
  backup_id: number;
  /** JSON array of `{sizeBytes, sha1, sha256}`, in the order of the parts; older rows lack `sha256`. */
  sums: string;
}

/** How databases were made and set when they were dumped; the same facts are stored once. */
interface DatabaseFactsTable {
  id: Generated<number>;
  /** JSON of `DatabaseFacts`. */
  facts: string;
}

/** Facts about the catalogue itself, by name: `id`, `schema`, `run`. */
interface MetaTable {
  name: string;
  value: string;
}

export interface Schema {
  servers: ServersTable;
  backup_log: BackupLogTable;
  verification_log: VerificationLogTable;
  row_counts: RowCountsTable;
  part_sums: PartSumsTable;
  database_facts: DatabaseFactsTable;
  places: PlacesTable;
  destinations: DestinationsTable;
  other_catalogs: OtherCatalogsTable;
  pgbak_meta: MetaTable;
}
