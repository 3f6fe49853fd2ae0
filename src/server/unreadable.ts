import { ConfigError } from '../core/errors.ts';
import type { ServerFields, ServerRecord, UnreadableColumn } from './server.ts';

/** The flags of `edit` that write a column anew, and the fields that they change. */
const MENDED_BY: Readonly<Record<string, readonly [flag: string, field: keyof ServerFields]>> = {
  name: ['--name', 'name'],
  connection_string: ['--connection-string', 'connectionString'],
  frequency_hrs: ['--frequency-hrs', 'frequencyHours'],
  format: ['--format', 'format'],
  compression: ['--compression', 'compression'],
  archive_name: ['--archive-name', 'archiveName'],
  archive_password: ['--archive-password', 'archivePassword'],
  destination: ['--destination', 'destination'],
  B2_KEY_ID: ['--b2-key-id', 'b2KeyId'],
  B2_APP_KEY: ['--b2-app-key', 'b2AppKey'],
  B2_BUCKET: ['--b2-bucket', 'b2Bucket'],
  hc_url_start: ['--hc-url-start', 'hcUrlStart'],
  hc_url_success: ['--hc-url-success', 'hcUrlSuccess'],
  hc_url_fail: ['--hc-url-fail', 'hcUrlFail'],
  hc_url_verify: ['--hc-url-verify', 'hcUrlVerify'],
  exclude_tables: ['--exclude-table', 'excludeTables'],
  exclude_table_data: ['--exclude-table-data', 'excludeTableData'],
  exclude_schemas: ['--exclude-schema', 'excludeSchemas'],
  min_size: ['--min-size', 'minSizeBytes'],
  size_tolerance: ['--size-tolerance', 'sizeTolerancePercent'],
  on_size_change: ['--on-size-change', 'onSizeChange'],
  lock_wait_sec: ['--lock-wait-sec', 'lockWaitSeconds'],
  idle_timeout_sec: ['--idle-timeout-sec', 'idleTimeoutSeconds'],
  include_globals: ['--include-globals', 'includeGlobals'],
  count_rows: ['--count-rows', 'countRows'],
  verify_after: ['--verify-after', 'verifyAfter'],
  auto_prune: ['--auto-prune', 'autoPrune'],
  keep_last: ['--keep-last', 'retention'],
  keep_hourly: ['--keep-hourly', 'retention'],
  keep_daily: ['--keep-daily', 'retention'],
  keep_weekly: ['--keep-weekly', 'retention'],
  keep_monthly: ['--keep-monthly', 'retention'],
  keep_yearly: ['--keep-yearly', 'retention'],
  keep_within: ['--keep-within', 'retention'],
};

type Named = Pick<ServerRecord, 'id' | 'name' | 'unreadable'>;

/** What cannot be read of a server's record, in a sentence; undefined where all can. */
export function unreadableText({ unreadable = [] }: Pick<ServerRecord, 'unreadable'>): string | undefined {
  if (unreadable.length === 0) return undefined;
  const columns = unreadable.map(({ column, problem }) => `${column} ${problem}`);
  return `its record in the catalogue cannot be read: ${columns.join('; ')}`;
}

/** The error where the whole record is needed; undefined where it can be read. */
export function unreadableProblem(server: Named): ConfigError | undefined {
  const text = unreadableText(server);
  if (text === undefined) return undefined;
  const flags = (server.unreadable ?? []).flatMap(({ column }) => MENDED_BY[column]?.[0] ?? []);
  const mended = [`pgbak edit ${server.id}`, ...flags.map((flag) => `${flag} ...`)].join(' ');
  return new ConfigError(text, `Give it anew: ${mended}`);
}

/**
 * Throws a `ConfigError` for what cannot be read and is not given anew: an edit would write a new server's value there,
 * which nobody asked for.
 */
export function refuseUnmended(server: Named, changes: Partial<Record<keyof ServerFields, unknown>>): void {
  const isGiven = ({ column }: UnreadableColumn) => {
    const field = MENDED_BY[column]?.[1];
    return field === undefined || field in changes;
  };
  const left = (server.unreadable ?? []).filter((one) => !isGiven(one));
  const problem = unreadableProblem({ ...server, unreadable: left });
  if (problem !== undefined) throw problem;
}

/** Whether an edit without any flag mends a record: what pgbak itself notes there, no user can be asked for. */
export function isMendedByItself({ unreadable = [] }: Pick<ServerRecord, 'unreadable'>): boolean {
  return unreadable.length > 0 && unreadable.every(({ column }) => !(column in MENDED_BY));
}
