import type { Kysely } from 'kysely';
import { grouped } from '../core/group-by.ts';
import { nameOfPart } from '../server/cluster-part.ts';
import type { ServerFields, ServerRecord } from '../server/server.ts';
import { clusterQueries, type ClusterQueries } from './cluster-queries.ts';
import { isoTime, toCompact } from './row-reader.ts';
import type { Schema, ServersTable } from './schema.ts';
import { fromServer, toPart, toServer, type ServerRow } from './server-rows.ts';

export interface ServerQueries extends ClusterQueries {
  /** All servers, in the order in which they were added: what a user configured, a whole cluster being one. */
  list(): Promise<ServerRecord[]>;
  /** All servers and parts of clusters but one server and its own parts: it may take neither their names nor their archives'. */
  besides(id: number | undefined): Promise<ServerRecord[]>;
  /** All that is backed up by itself, in that order: in place of a cluster its parts, once they are known. */
  units(): Promise<ServerRecord[]>;
  /** By id, or by name where the text is no number (names never are): a server, or a part of a cluster. */
  find(idOrName: number | string): Promise<ServerRecord | undefined>;
  add(fields: ServerFields): Promise<ServerRecord>;
  update(id: number, fields: ServerFields): Promise<void>;
  /** The server's history stays. */
  remove(id: number): Promise<void>;
}

export function serverQueries(db: Kysely<Schema>): ServerQueries {
  const all = () => db.selectFrom('servers').selectAll();
  const read = async (row: ServerRow): Promise<ServerRecord> => {
    if (row.cluster_id === null) return toServer(row);
    const cluster = await all().where('id', '=', row.cluster_id).executeTakeFirstOrThrow();
    return toPart(row, toServer(cluster));
  };
  /** Each server with the parts that it has as a cluster. */
  const withParts = async (): Promise<[ServerRecord, ServerRecord[]][]> => {
    const rows = await all().orderBy('cluster_database').orderBy('id').execute();
    const parts = grouped(rows, ({ cluster_id: cluster }) => cluster ?? 0);
    const servers = (parts.get(0) ?? []).toSorted((a, b) => a.id - b.id).map((row) => toServer(row));
    return servers.map((server) => [server, (parts.get(server.id) ?? []).map((part) => toPart(part, server))]);
  };
  return {
    ...clusterQueries(db),
    list: async () => (await all().where('cluster_id', 'is', null).orderBy('id').execute()).map((row) => toServer(row)),
    besides: async (id) =>
      (await withParts()).flatMap(([server, parts]) => (server.id === id ? [] : [server, ...parts])),
    units: async () =>
      (await withParts()).flatMap(([server, parts]) => (server.allDatabases && parts.length > 0 ? parts : [server])),
    find: async (idOrName) => {
      const byId = typeof idOrName === 'number' || /^\d+$/.test(idOrName);
      const row = await (
        byId ? all().where('id', '=', Number(idOrName)) : all().where('name', '=', idOrName)
      ).executeTakeFirst();
      return row === undefined ? undefined : await read(row);
    },
    add: async (fields) =>
      toServer(await db.insertInto('servers').values(fromServer(fields)).returningAll().executeTakeFirstOrThrow()),
    update: (id, fields) =>
      db.transaction().execute(async (trx) => {
        const row = await trx.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirst();
        const mended = row === undefined ? {} : await mendedNotes(trx, row);
        await trx
          .updateTable('servers')
          .set({ ...fromServer(fields), ...mended })
          .where('id', '=', id)
          .execute();
        if (row !== undefined && row.name !== fields.name) await renameParts(trx, row.id, fields.name);
      }),
    remove: async (id) => {
      await db.deleteFrom('servers').where('id', '=', id).execute();
    },
  };
}

/** People call the parts of a cluster by its name. */
async function renameParts(db: Kysely<Schema>, clusterId: number, name: string): Promise<void> {
  const parts = await db.selectFrom('servers').selectAll().where('cluster_id', '=', clusterId).execute();
  for (const { id, cluster_database: database } of parts) {
    const renamed = nameOfPart(name, database ?? undefined);
    await db.updateTable('servers').set({ name: renamed }).where('id', '=', id).execute();
  }
}

/**
 * Restores pgbak's own notes about a server from the log, where they cannot be read: a user could not enter them again.
 */
async function mendedNotes(
  db: Kysely<Schema>,
  row: ServerRow,
): Promise<Partial<Pick<ServersTable, 'last_backup' | 'last_success_run'>>> {
  const unreadable = new Set(toServer(row).unreadable?.map(({ column }) => column));
  if (!unreadable.has('last_backup') && !unreadable.has('last_success_run')) return {};
  const log = db
    .selectFrom('backup_log')
    .select('started_at')
    .where('server_id', '=', row.id)
    .where('copy_of', 'is', null);
  const newest = await log.where('success', '=', '1').orderBy('id', 'desc').executeTakeFirst();
  const lastGood = newest === undefined ? undefined : isoTime(newest.started_at);
  return {
    ...(unreadable.has('last_backup') ? { last_backup: lastGood === undefined ? null : toCompact(lastGood) } : {}),
    ...(unreadable.has('last_success_run') ? { last_success_run: lastGood?.toISOString() ?? null } : {}),
  };
}
