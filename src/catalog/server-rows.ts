import type { Insertable, Selectable } from 'kysely';
import { parseDestination } from '../server/destination.ts';
import { parseRetention } from '../server/retention-rules.ts';
import { Secret } from '../core/secret.ts';
import { FORMATS } from '../core/dump-format.ts';
import {
  SERVER_DEFAULTS,
  SIZE_CHANGE_ACTIONS,
  VERIFY_AFTER,
  type ServerFields,
  type ServerRecord,
} from '../server/server.ts';
import { PgbakError } from '../core/errors.ts';
import { fromCompact, isoTime, rowReader } from './row-reader.ts';
import type { ServersTable } from './schema.ts';

/** A row of `servers` as a record; what of it cannot be read is named in it and stands for nothing. */
export function toServer(row: Selectable<ServersTable>): ServerRecord {
  const read = rowReader({ ...row });
  const checked = <Value>(column: string, value: Value, check: () => unknown, fallback: Value): Value => {
    try {
      check();
      return value;
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      return read.wrong(column, `cannot be meant: ${error.message}`, fallback);
    }
  };
  const defaults = SERVER_DEFAULTS;
  const name = read.text('name', `server ${row.id}`);
  // What a rebuild of the catalogue cannot know is an empty text.
  const connectionString = row.connection_string === '' ? '' : read.text('connection_string', '');
  const destination = read.optionalText('destination');
  const keepWithin = read.optionalText('keep_within');
  const lastBackup = read.time('last_backup', fromCompact);
  const lastSuccessRun = read.time('last_success_run', isoTime);
  return {
    id: row.id,
    name,
    connectionString: new Secret(connectionString),
    frequencyHours: read.whole('frequency_hrs', 1, defaults.frequencyHours),
    format: read.oneOf('format', FORMATS, defaults.format),
    compression: read.text('compression', defaults.compression),
    archiveName: read.text('archive_name', `server-${row.id}`),
    archivePassword: read.secret('archive_password'),
    destination:
      destination === undefined
        ? undefined
        : checked('destination', destination, () => parseDestination(destination), undefined),
    b2KeyId: read.secret('B2_KEY_ID'),
    b2AppKey: read.secret('B2_APP_KEY'),
    b2Bucket: read.optionalText('B2_BUCKET'),
    hcUrlStart: read.secret('hc_url_start'),
    hcUrlSuccess: read.secret('hc_url_success'),
    hcUrlFail: read.secret('hc_url_fail'),
    hcUrlVerify: read.secret('hc_url_verify'),
    excludeTables: read.list('exclude_tables'),
    excludeTableData: read.list('exclude_table_data'),
    excludeSchemas: read.list('exclude_schemas'),
    noLargeObjects: read.flag('no_large_objects'),
    minSizeBytes: read.whole('min_size', 0, defaults.minSizeBytes),
    sizeTolerancePercent: read.whole('size_tolerance', 0, defaults.sizeTolerancePercent),
    onSizeChange: read.oneOf('on_size_change', SIZE_CHANGE_ACTIONS, defaults.onSizeChange),
    lockWaitSeconds: read.whole('lock_wait_sec', 1, defaults.lockWaitSeconds),
    idleTimeoutSeconds: read.whole('idle_timeout_sec', 1, defaults.idleTimeoutSeconds),
    includeGlobals: read.flag('include_globals'),
    countRows: read.flag('count_rows'),
    verifyAfter: read.oneOf('verify_after', VERIFY_AFTER, defaults.verifyAfter),
    retention: {
      keepLast: read.optionalWhole('keep_last', 1),
      keepHourly: read.optionalWhole('keep_hourly', 1),
      keepDaily: read.optionalWhole('keep_daily', 1),
      keepWeekly: read.optionalWhole('keep_weekly', 1),
      keepMonthly: read.optionalWhole('keep_monthly', 1),
      keepYearly: read.optionalWhole('keep_yearly', 1),
      keepWithin:
        keepWithin === undefined
          ? undefined
          : checked('keep_within', keepWithin, () => parseRetention({ keepWithin }), undefined),
    },
    autoPrune: read.flag('auto_prune'),
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...lastResult(row.last_backup_result),
    ...(lastSuccessRun === undefined ? {} : { lastSuccessRun }),
    ...(read.unreadable.length === 0 ? {} : { unreadable: read.unreadable }),
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
    no_large_objects: Number(fields.noLargeObjects),
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

function lastResult(text: string | null): Pick<ServerRecord, 'lastResult'> {
  if (text === null) return {};
  return { lastResult: text === 'Success' ? 'success' : 'failed' };
}
