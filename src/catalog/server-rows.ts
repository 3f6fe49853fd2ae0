import type { Insertable, Selectable } from 'kysely';
import { Secret } from '../config/secret.ts';
import { FORMATS, SIZE_CHANGE_ACTIONS, VERIFY_AFTER, type ServerFields, type ServerRecord } from '../config/server.ts';
import type { ServersTable } from './schema.ts';
import { fromCompact } from './timestamps.ts';

/** A row of `servers` as a record. */
export function toServer(row: Selectable<ServersTable>): ServerRecord {
  const lastBackup = row.last_backup === null ? undefined : fromCompact(row.last_backup);
  return {
    id: row.id,
    name: row.name,
    connectionString: new Secret(row.connection_string),
    frequencyHours: row.frequency_hrs,
    format: FORMATS.find((format) => format === row.format) ?? 'sql',
    compression: row.compression,
    archiveName: row.archive_name,
    archivePassword: secret(row.archive_password),
    destination: row.destination ?? undefined,
    b2KeyId: secret(row.B2_KEY_ID),
    b2AppKey: secret(row.B2_APP_KEY),
    b2Bucket: row.B2_BUCKET ?? undefined,
    hcUrlStart: secret(row.hc_url_start),
    hcUrlSuccess: secret(row.hc_url_success),
    hcUrlFail: secret(row.hc_url_fail),
    hcUrlVerify: secret(row.hc_url_verify),
    excludeTables: stringList(row.exclude_tables),
    excludeTableData: stringList(row.exclude_table_data),
    excludeSchemas: stringList(row.exclude_schemas),
    minSizeBytes: row.min_size,
    sizeTolerancePercent: row.size_tolerance,
    onSizeChange: SIZE_CHANGE_ACTIONS.find((action) => action === row.on_size_change) ?? 'alert',
    lockWaitSeconds: row.lock_wait_sec,
    idleTimeoutSeconds: row.idle_timeout_sec,
    includeGlobals: row.include_globals === 1,
    countRows: row.count_rows === 1,
    verifyAfter: VERIFY_AFTER.find((level) => level === row.verify_after) ?? 'none',
    retention: {
      keepLast: row.keep_last ?? undefined,
      keepHourly: row.keep_hourly ?? undefined,
      keepDaily: row.keep_daily ?? undefined,
      keepWeekly: row.keep_weekly ?? undefined,
      keepMonthly: row.keep_monthly ?? undefined,
      keepYearly: row.keep_yearly ?? undefined,
      keepWithin: row.keep_within ?? undefined,
    },
    autoPrune: row.auto_prune === 1,
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...lastResult(row.last_backup_result),
    ...(row.last_success_run === null ? {} : { lastSuccessRun: new Date(row.last_success_run) }),
  };
}

/** The fields of a server as columns. Here, and only here, its secrets are written down. */
export function fromServer(fields: ServerFields): Insertable<ServersTable> {
  return {
    name: fields.name,
    connection_string: fields.connectionString.reveal(),
    frequency_hrs: fields.frequencyHours,
    format: fields.format,
    compression: fields.compression,
    archive_name: fields.archiveName,
    archive_password: fields.archivePassword?.reveal() ?? null,
    destination: fields.destination ?? null,
    B2_KEY_ID: fields.b2KeyId?.reveal() ?? null,
    B2_APP_KEY: fields.b2AppKey?.reveal() ?? null,
    B2_BUCKET: fields.b2Bucket ?? null,
    hc_url_start: fields.hcUrlStart?.reveal() ?? null,
    hc_url_success: fields.hcUrlSuccess?.reveal() ?? null,
    hc_url_fail: fields.hcUrlFail?.reveal() ?? null,
    hc_url_verify: fields.hcUrlVerify?.reveal() ?? null,
    exclude_tables: JSON.stringify(fields.excludeTables),
    exclude_table_data: JSON.stringify(fields.excludeTableData),
    exclude_schemas: JSON.stringify(fields.excludeSchemas),
    min_size: fields.minSizeBytes,
    size_tolerance: fields.sizeTolerancePercent,
    on_size_change: fields.onSizeChange,
    lock_wait_sec: fields.lockWaitSeconds,
    idle_timeout_sec: fields.idleTimeoutSeconds,
    include_globals: Number(fields.includeGlobals),
    count_rows: Number(fields.countRows),
    verify_after: fields.verifyAfter,
    keep_last: fields.retention.keepLast ?? null,
    keep_hourly: fields.retention.keepHourly ?? null,
    keep_daily: fields.retention.keepDaily ?? null,
    keep_weekly: fields.retention.keepWeekly ?? null,
    keep_monthly: fields.retention.keepMonthly ?? null,
    keep_yearly: fields.retention.keepYearly ?? null,
    keep_within: fields.retention.keepWithin ?? null,
    auto_prune: Number(fields.autoPrune),
  };
}

/** A JSON array of texts; empty for anything else, so that a hand-edited catalogue still opens. */
export function stringList(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function secret(text: string | null): Secret | undefined {
  return text === null ? undefined : new Secret(text);
}

function lastResult(text: string | null): Pick<ServerRecord, 'lastResult'> {
  if (text === null) return {};
  return { lastResult: text === 'Success' ? 'success' : 'failed' };
}
