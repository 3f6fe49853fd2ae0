import type { Insertable } from 'kysely';
import { freeName } from '../server/names.ts';
import { SERVER_DEFAULTS } from '../server/server.ts';
import type { BackupLogTable, ServersTable } from './schema.ts';
import { fromCompact } from './row-reader.ts';

/** A row of the earlier program; which columns there are depends on its version. */
export type EarlierRow = Record<string, string | number | null>;

/** For a backup whose time cannot be read: it sorts before all others, and `ts` keeps the text. */
const UNKNOWN_TIME = new Date(0);

/**
 * Turns a server of the earlier program into a row of today. Servers had no names: the name is made from the archive's or the
 * database's name, with a number where it is taken.
 */
export function earlierServer(
  row: EarlierRow,
  takenNames: ReadonlySet<string>,
  lastGoodTs: string | undefined,
): Insertable<ServersTable> & { id: number; name: string } {
  const connectionString = text(row, 'connection_string') ?? connectionStringOf(row);
  const archiveName = text(row, 'archive_name');
  const name = freeName(archiveName ?? databaseIn(connectionString) ?? `server-${Number(row['id'])}`, takenNames);
  const lastBackup = text(row, 'last_backup');
  const lastResult = text(row, 'last_backup_result');
  const lastSuccess = lastGoodTs ?? (lastResult === 'Success' ? lastBackup : null);
  return {
    id: Number(row['id']),
    name,
    connection_string: connectionString,
    frequency_hrs: Math.max(1, Math.trunc(Number(row['frequency_hrs'] ?? 1)) || 1),
    archive_name: archiveName ?? name,
    archive_password: text(row, 'archive_password'),
    B2_KEY_ID: text(row, 'B2_KEY_ID'),
    B2_APP_KEY: text(row, 'B2_APP_KEY'),
    B2_BUCKET: text(row, 'B2_BUCKET'),
    hc_url_start: text(row, 'hc_url_start'),
    hc_url_success: text(row, 'hc_url_success') ?? pingUrlOf(text(row, 'dms_id')),
    hc_url_fail: text(row, 'hc_url_fail'),
    last_backup: lastBackup,
    last_backup_result: lastResult,
    last_success_run: lastSuccess === null ? null : (fromCompact(lastSuccess)?.toISOString() ?? null),
  };
}

/**
 * Turns an entry of the earlier program's log into a row of today. That program made plain dumps with LZMA2 at level 1, whose
 * archives compare in size with those of today's default.
 */
export function earlierLogEntry(row: EarlierRow, names: ReadonlyMap<number, string>): Insertable<BackupLogTable> {
  const ts = text(row, 'ts') ?? '';
  const serverId = Number(row['server_id']);
  const name = names.get(serverId);
  const isSuccess = String(row['success']) === '1';
  const instant = (fromCompact(ts) ?? UNKNOWN_TIME).toISOString();
  const size = row['file_size'];
  return {
    server_id: name === undefined ? null : serverId,
    server_name: name ?? `server ${text(row, 'server_id') ?? '?'} (deleted)`,
    ts,
    result: text(row, 'result') ?? (isSuccess ? 'Success' : 'failed'),
    file_size: size === null || size === undefined || size === '' ? null : Number(size),
    success: isSuccess ? '1' : '0',
    started_at: instant,
    finished_at: instant,
    raw_size: null,
    format: SERVER_DEFAULTS.format,
    compression: SERVER_DEFAULTS.compression,
    place: null,
    object_name: null,
    object_id: null,
    sha1: null,
    warnings: '[]',
  };
}

/** The oldest files hold the parts of a connection, without a host: the server was on the same machine. */
function connectionStringOf(row: EarlierRow): string {
  const part = (column: string) => encodeURIComponent(text(row, column) ?? '');
  const password = part('password');
  const user = part('user') + (password === '' ? '' : `:${password}`);
  const port = part('port');
  return `postgresql://${user === '' ? '' : `${user}@`}localhost${port === '' ? '' : `:${port}`}/${part('database')}`;
}

/** A dead man's switch was a URL, or only the UUID of a check at healthchecks.io. */
function pingUrlOf(deadMansSwitch: string | null): string | null {
  if (deadMansSwitch === null || /^https?:\/\//.test(deadMansSwitch)) return deadMansSwitch;
  return `https://hc-ping.com/${encodeURIComponent(deadMansSwitch)}`;
}

function databaseIn(connectionString: string): string | undefined {
  const encoded = /^postgres(?:ql)?:\/\/[^/?]*\/([^?]+)/.exec(connectionString)?.[1];
  return encoded?.replaceAll(/%[^%]{2}/g, '-') ?? /\bdbname\s*=\s*'?([^\s']+)/.exec(connectionString)?.[1];
}

/** The text of a column; null where it is missing, null or empty. */
function text(row: EarlierRow, column: string): string | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  const string = String(value);
  return string === '' ? null : string;
}
