import type { Selectable } from 'kysely';
import type { BackupRecord, BackupResult } from '../config/backup-record.ts';
import { FORMATS } from '../config/server.ts';
import type { BackupLogTable } from './schema.ts';
import { stringList } from './server-rows.ts';

/** What a list of servers shows of their backups. */
export type RecentBackup = Pick<BackupRecord, 'result' | 'sizeBytes' | 'warnings'>;

export type RecentRow = Pick<Selectable<BackupLogTable>, 'finished_at' | 'success' | 'file_size' | 'warnings'>;

/** SQLite gives the inner rows as JSON text. */
export function parseRows<Row>(rows: Row[] | string): Row[] {
  if (typeof rows !== 'string') return rows;
  const parsed: Row[] = JSON.parse(rows);
  return parsed;
}

export function toRecent(row: RecentRow): RecentBackup {
  return {
    result: resultOf(row),
    ...given('sizeBytes', row.file_size),
    warnings: row.warnings === '[]' ? [] : stringList(row.warnings),
  };
}

function resultOf(row: Pick<RecentRow, 'finished_at' | 'success'>): BackupResult {
  if (row.finished_at === null) return 'running';
  return row.success === '1' ? 'success' : 'failed';
}

export function toBackup(row: Selectable<BackupLogTable>): BackupRecord {
  const format = FORMATS.find((known) => known === row.format);
  const result = resultOf(row);
  return {
    backupId: row.id,
    ...given('serverId', row.server_id),
    serverName: row.server_name,
    startedAt: new Date(row.started_at),
    ...(row.finished_at === null ? {} : { finishedAt: new Date(row.finished_at) }),
    result,
    ...given('sizeBytes', row.file_size),
    ...given('rawSizeBytes', row.raw_size),
    ...(format === undefined ? {} : { format }),
    ...given('compression', row.compression),
    ...given('place', row.place),
    ...given('objectName', row.object_name),
    ...given('objectId', row.object_id),
    ...given('sha1', row.sha1),
    ...given('sha256', row.sha256),
    ...given('sumNote', row.sum_note),
    warnings: stringList(row.warnings),
    ...(row.removed_at === null ? {} : { removedAt: new Date(row.removed_at) }),
    ...(row.roles === null ? {} : { roles: stringList(row.roles) }),
    ...given('encoding', row.encoding),
    hasGlobals: row.has_globals === 1,
    ...(result === 'failed' ? { error: row.result } : {}),
  };
}

function given<Name extends string, Value>(name: Name, value: Value | null): { [Key in Name]?: Value } {
  const fields: { [Key in Name]?: Value } = {};
  if (value !== null) fields[name] = value;
  return fields;
}
