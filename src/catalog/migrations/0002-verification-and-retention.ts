import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Columns and tables for restore, verify and prune. */
export async function addVerificationAndRetention(db: Kysely<Schema>): Promise<void> {
  // SQLite adds one column in a statement.
  const servers = db.schema.alterTable('servers');
  await servers.addColumn('hc_url_verify', 'text').execute();
  for (const flag of ['include_globals', 'count_rows', 'auto_prune']) {
    await servers.addColumn(flag, 'integer', (column) => column.notNull().defaultTo(0)).execute();
  }
  await servers.addColumn('verify_after', 'text', (column) => column.notNull().defaultTo('none')).execute();
  for (const rule of ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly']) {
    await servers.addColumn(`keep_${rule}`, 'integer').execute();
  }
  await servers.addColumn('keep_within', 'text').execute();

  const log = db.schema.alterTable('backup_log');
  for (const name of ['removed_at', 'roles', 'encoding']) await log.addColumn(name, 'text').execute();
  await log.addColumn('has_globals', 'integer', (column) => column.notNull().defaultTo(0)).execute();

  await db.schema
    .createTable('verification_log')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('backup_id', 'integer', (column) => column.notNull().references('backup_log.id').onDelete('cascade'))
    .addColumn('server_id', 'integer', (column) => column.references('servers.id').onDelete('set null'))
    .addColumn('verified_at', 'text', (column) => column.notNull())
    .addColumn('level', 'text', (column) => column.notNull())
    .addColumn('success', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('verification_log_server').on('verification_log').columns(['server_id', 'id']).execute();
  await db.schema.createIndex('verification_log_backup').on('verification_log').column('backup_id').execute();
  await db.schema
    .createTable('row_counts')
    .addColumn('backup_id', 'integer', (column) => column.primaryKey().references('backup_log.id').onDelete('cascade'))
    .addColumn('counts', 'text', (column) => column.notNull())
    .execute();
}
