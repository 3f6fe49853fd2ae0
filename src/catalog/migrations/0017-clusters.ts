import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/**
 * Lets a server be a whole cluster. Each of its databases, and its roles, get a row of their own in `servers`, which refers to the
 * cluster and holds what pgbak notes of their backups; their settings are those of the cluster.
 */
export async function addClusters(db: Kysely<Schema>): Promise<void> {
  const servers = db.schema.alterTable('servers');
  await servers.addColumn('all_databases', 'integer', (column) => column.notNull().defaultTo(0)).execute();
  for (const name of ['include_databases', 'exclude_databases']) {
    await servers.addColumn(name, 'text', (column) => column.notNull().defaultTo('[]')).execute();
  }
  await servers
    .addColumn('cluster_id', 'integer', (column) => column.references('servers.id').onDelete('cascade'))
    .execute();
  for (const name of ['cluster_database', 'gone_at', 'forgotten_at']) await servers.addColumn(name, 'text').execute();
  await sql`create index servers_cluster on servers (cluster_id, id) where cluster_id is not null`.execute(db);
}
