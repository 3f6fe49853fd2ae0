import type { Insertable, Selectable } from 'kysely';
import { Secret } from '../core/secret.ts';
import { asPart } from '../server/cluster-part.ts';
import {
  forEachField,
  perField,
  SERVER_DEFAULTS,
  type ClusterPart,
  type ServerFields,
  type ServerRecord,
} from '../server/server.ts';
import { fromCompact, isoTime, rowReader } from './row-reader.ts';
import type { FieldColumns, ServersTable } from './schema.ts';

export type ServerRow = Selectable<ServersTable>;

/**
 * Turns a row of `servers` into a record. Columns that cannot be read are named in `unreadable`, and get the value of a
 * new server.
 */
export function toServer(row: ServerRow): ServerRecord {
  const { unreadable, read } = rowReader({ ...row });
  const fields: ServerFields = {
    ...SERVER_DEFAULTS,
    name: `server ${row.id}`,
    connectionString: new Secret(''),
    archiveName: `server-${row.id}`,
  };
  forEachField((name, { column, readCell }) => void (fields[name] = read(column, readCell, fields[name])));
  const { notes, unreadable: unreadableNotes } = notesIn(row);
  const all = [...unreadable, ...unreadableNotes];
  return { id: row.id, ...fields, ...notes, ...(all.length === 0 ? {} : { unreadable: all }) };
}

/** What pgbak itself notes of a server's backups. */
function notesIn(row: ServerRow) {
  const { unreadable, time } = rowReader({ ...row });
  const lastBackup = time('last_backup', fromCompact);
  const lastSuccessRun = time('last_success_run', isoTime);
  const notes: Pick<ServerRecord, 'lastBackup' | 'lastResult' | 'lastSuccessRun'> = {
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...lastResult(row.last_backup_result),
    ...(lastSuccessRun === undefined ? {} : { lastSuccessRun }),
  };
  return { notes, unreadable };
}

function lastResult(text: string | null): Pick<ServerRecord, 'lastResult'> {
  if (text === null) return {};
  return { lastResult: text === 'Success' ? 'success' : 'failed' };
}

/** A part of a cluster, of its row and the record of its cluster. */
export function toPart(row: ServerRow, cluster: ServerRecord): ServerRecord {
  const { notes, unreadable } = notesIn(row);
  const database = row.cluster_database ?? undefined;
  const goneAt = row.gone_at === null ? undefined : isoTime(row.gone_at);
  const partOf: ClusterPart = {
    clusterId: cluster.id,
    clusterName: cluster.name,
    ...(database === undefined ? {} : { database }),
    ...(goneAt === undefined ? {} : { goneAt }),
    ...(row.forgotten_at === null ? {} : { isForgotten: true }),
  };
  const all = [...(cluster.unreadable ?? []), ...unreadable];
  const { id, name } = row;
  return asPart(cluster, partOf, { id, name, ...notes, ...(all.length === 0 ? {} : { unreadable: all }) });
}

/** The fields of a server as columns. Here, and only here, its secrets are written down. */
export function fromServer(fields: ServerFields): Insertable<FieldColumns> {
  return perField<Selectable<FieldColumns>>((name, { column, toCell }) => [column, toCell(fields[name])]);
}
