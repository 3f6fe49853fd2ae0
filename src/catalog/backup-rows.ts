import type { Selectable } from 'kysely';
import { withoutPasswords } from '../core/printable.ts';
import type { BackupRecord, BackupResult } from '../core/backup-record.ts';
import { FORMATS } from '../core/archive-format.ts';
import type { BackupLogTable } from './schema.ts';
import { stringList } from '../core/row-cells.ts';
import { isoTime, rowReader } from './row-reader.ts';

/** A backup, as the list of servers shows it. */
export type RecentBackup = Pick<BackupRecord, 'result' | 'sizeBytes' | 'warnings'>;

type RecentRow = Pick<Selectable<BackupLogTable>, 'finished_at' | 'success' | 'file_size' | 'warnings'>;

/** SQLite returns the inner rows as JSON text. */
export function parseRows<Row>(rows: Row[] | string): Row[] {
  if (typeof rows !== 'string') return rows;
  const parsed: Row[] = JSON.parse(rows);
  return parsed;
}

export function toRecent(row: RecentRow): RecentBackup {
  return {
    result: resultOf(row),
    ...given('sizeBytes', typeof row.file_size === 'number' ? row.file_size : null),
    warnings: row.warnings === '[]' ? [] : (stringList(row.warnings) ?? ['its warnings cannot be read']),
  };
}

function resultOf(row: Pick<RecentRow, 'finished_at' | 'success'>): BackupResult {
  if (row.finished_at === null) return 'running';
  return row.success === '1' ? 'success' : 'failed';
}

export function toBackup(row: Selectable<BackupLogTable>): BackupRecord {
  const format = FORMATS.find((known) => known === row.format);
  const result = resultOf(row);
  const read = rowReader({ ...row });
  // A backup without a readable time sorts before all others, so that it is never the newest.
  const startedAt = read.time('started_at', isoTime) ?? new Date(0);
  const finishedAt = row.finished_at === null ? undefined : (read.time('finished_at', isoTime) ?? startedAt);
  const removedAt = row.removed_at === null ? undefined : (read.time('removed_at', isoTime) ?? startedAt);
  const warnings = read.list('warnings').map((warning) => withoutPasswords(warning));
  const record = {
    backupId: row.id,
    ...given('serverId', row.server_id),
    serverName: read.text('server_name', '?'),
    startedAt,
    ...given('finishedAt', finishedAt),
    result,
    ...given('sizeBytes', read.optionalWhole('file_size', 0)),
    ...given('rawSizeBytes', read.optionalWhole('raw_size', 0)),
    ...given('format', format),
    ...given('compression', read.optionalText('compression')),
    ...given('place', read.optionalText('place')),
    ...given('objectName', read.optionalText('object_name')),
    ...given('objectId', read.optionalText('object_id')),
    ...given('sha1', read.optionalText('sha1')),
    ...given('sha256', read.optionalText('sha256')),
    ...given('sumNote', read.optionalText('sum_note')),
    ...given('removedAt', removedAt),
    ...given('removingAt', row.removing_at === null ? undefined : read.time('removing_at', isoTime)),
    ...given('givenUpAt', row.given_up_at === null ? undefined : read.time('given_up_at', isoTime)),
    ...given('catalogId', read.optionalText('catalog_id')),
    ...given('copyOf', row.copy_of),
    ...keptOf(row, read),
    ...(row.roles === null ? {} : { roles: read.list('roles') }),
    ...given('encoding', read.optionalText('encoding')),
    hasGlobals: row.has_globals === 1,
    // The earlier program wrote what pg_dump said as it was.
    ...(result === 'failed'
      ? { error: withoutPasswords(read.optionalText('result') ?? 'its error cannot be read') }
      : {}),
  };
  const unreadable = read.unreadable.map(({ column }) => column);
  if (unreadable.length > 0) {
    warnings.push(`its record in the catalogue cannot be read: ${unreadable.join(', ')}`);
  }
  return { ...record, warnings };
}

function keptOf(row: Selectable<BackupLogTable>, read: ReturnType<typeof rowReader>): Pick<BackupRecord, 'kept'> {
  if (row.kept_at === null) return {};
  const until = row.kept_until === null ? undefined : read.time('kept_until', isoTime);
  return { kept: { ...given('until', until), ...given('note', read.optionalText('kept_note')) } };
}

function given<Name extends string, Value>(name: Name, value: Value | null | undefined): { [Key in Name]?: Value } {
  const fields: { [Key in Name]?: Value } = {};
  if (value !== null && value !== undefined) fields[name] = value;
  return fields;
}
