import type { Kysely } from 'kysely';
import { Secret } from '../core/secret.ts';
import { nameOfPart } from '../server/cluster-part.ts';
import { freeName } from '../server/names.ts';
import { SERVER_DEFAULTS, type ServerRecord } from '../server/server.ts';
import type { Schema } from './schema.ts';
import { fromServer, toPart } from './server-rows.ts';

export interface ClusterQueries {
  /** The parts of a cluster that were seen so far: its roles, then its databases by their names. */
  partsOf(cluster: ServerRecord): Promise<ServerRecord[]>;
  /** Records a part of a cluster: a database, or its roles. */
  addPart(cluster: ServerRecord, database: string | undefined): Promise<ServerRecord>;
  /** Notes since when the cluster lacks a database; undefined where it is there again. */
  noteGone(id: number, goneAt: Date | undefined): Promise<void>;
  /** Notes that no warning of a database that is gone is wanted. */
  noteForgotten(id: number, at: Date): Promise<void>;
}

export function clusterQueries(db: Kysely<Schema>): ClusterQueries {
  return {
    partsOf: async (cluster) => {
      const rows = await db
        .selectFrom('servers')
        .selectAll()
        .where('cluster_id', '=', cluster.id)
        .orderBy('cluster_database')
        .execute();
      return rows.map((row) => toPart(row, cluster));
    },
    addPart: async (cluster, database) => {
      const wanted = nameOfPart(cluster.name, database);
      const taken = await db.selectFrom('servers').select('name').execute();
      const name = freeName(wanted, new Set(taken.map((row) => row.name)));
      const fields = { ...SERVER_DEFAULTS, name, connectionString: new Secret(''), archiveName: name };
      const row = await db
        .insertInto('servers')
        .values({ ...fromServer(fields), cluster_id: cluster.id, cluster_database: database ?? null })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toPart(row, cluster);
    },
    noteGone: async (id, goneAt) => {
      const gone = goneAt?.toISOString() ?? null;
      await db.updateTable('servers').set({ gone_at: gone, forgotten_at: null }).where('id', '=', id).execute();
    },
    noteForgotten: async (id, at) => {
      await db.updateTable('servers').set({ forgotten_at: at.toISOString() }).where('id', '=', id).execute();
    },
  };
}
