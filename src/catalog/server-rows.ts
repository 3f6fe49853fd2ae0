import type { Insertable, Selectable } from 'kysely';
import { Secret } from '../core/secret.ts';
import { forEachField, perField, SERVER_DEFAULTS, type ServerFields, type ServerRecord } from '../server/server.ts';
import { fromCompact, isoTime, rowReader } from './row-reader.ts';
import type { FieldColumns, ServersTable } from './schema.ts';

/** A row of `servers` as a record. What cannot be read of it is named in `unreadable` and stands for a new server's value. */
export function toServer(row: Selectable<ServersTable>): ServerRecord {
  const { unreadable, read, time } = rowReader({ ...row });
  const fields: ServerFields = {
    ...SERVER_DEFAULTS,
    name: `server ${row.id}`,
    connectionString: new Secret(''),
    archiveName: `server-${row.id}`,
  };
  forEachField((name, { column, readCell }) => void (fields[name] = read(column, readCell, fields[name])));
  const lastBackup = time('last_backup', fromCompact);
  const lastSuccessRun = time('last_success_run', isoTime);
  return {
    id: row.id,
    ...fields,
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...lastResult(row.last_backup_result),
    ...(lastSuccessRun === undefined ? {} : { lastSuccessRun }),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  };
}

/** The fields of a server as columns. Here, and only here, its secrets are written down. */
export function fromServer(fields: ServerFields): Insertable<FieldColumns> {
  return perField<Selectable<FieldColumns>>((name, { column, toCell }) => [column, toCell(fields[name])]);
}

function lastResult(text: string | null): Pick<ServerRecord, 'lastResult'> {
  if (text === null) return {};
  return { lastResult: text === 'Success' ? 'success' : 'failed' };
}
