import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** The first schema. Entries of `backup_log` outlive their servers. */
export async function createTables(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('servers')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('connection_string', 'text', (column) => column.notNull())
    .addColumn('frequency_hrs', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('format', 'text', (column) => column.notNull().defaultTo('sql'))
    .addColumn('compression', 'text', (column) => column.notNull().defaultTo('lzma2:1'))
    .addColumn('archive_name', 'text', (column) => column.notNull())
    .addColumn('archive_password', 'text')
    .addColumn('destination', 'text')
    .addColumn('B2_KEY_ID', 'text')
    .addColumn('B2_APP_KEY', 'text')
    .addColumn('B2_BUCKET', 'text')
    .addColumn('hc_url_start', 'text')
    .addColumn('hc_url_success', 'text')
    .addColumn('hc_url_fail', 'text')
    .addColumn('exclude_tables', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('exclude_table_data', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('exclude_schemas', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('min_size', 'integer', (column) => column.notNull().defaultTo(4096))
    .addColumn('size_tolerance', 'integer', (column) => column.notNull().defaultTo(10))
    .addColumn('on_size_change', 'text', (column) => column.notNull().defaultTo('alert'))
    .addColumn('lock_wait_sec', 'integer', (column) => column.notNull().defaultTo(600))
    .addColumn('idle_timeout_sec', 'integer', (column) => column.notNull().defaultTo(1800))
    .addColumn('last_backup', 'text')
    .addColumn('last_backup_result', 'text')
    .addColumn('last_success_run', 'text')
    .execute();

  await db.schema
    .createTable('backup_log')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('server_id', 'integer', (column) => column.references('servers.id').onDelete('set null'))
    .addColumn('server_name', 'text', (column) => column.notNull())
    .addColumn('ts', 'text', (column) => column.notNull())
    .addColumn('result', 'text', (column) => column.notNull())
    .addColumn('file_size', 'integer')
    .addColumn('success', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'text')
    .addColumn('raw_size', 'integer')
    .addColumn('format', 'text')
    .addColumn('compression', 'text')
    .addColumn('place', 'text')
    .addColumn('object_name', 'text')
    .addColumn('object_id', 'text')
    .addColumn('sha1', 'text')
    .addColumn('warnings', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();

  // Histories grow to a million rows. Queries: one server newest first, its last good backup, failures, running attempts.
  await db.schema.createIndex('backup_log_server').on('backup_log').columns(['server_id', 'id']).execute();
  await db.schema.createIndex('backup_log_success').on('backup_log').columns(['success', 'server_id', 'id']).execute();
  await db.schema
    .createIndex('backup_log_running')
    .on('backup_log')
    .column('id')
    .where(sql.ref('finished_at'), 'is', null)
    .execute();

  await db.schema
    .createTable('pgbak_meta')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  await sql`insert into pgbak_meta (name, value) values ('id', ${crypto.randomUUID()}), ('schema', '0')`.execute(db);
}
