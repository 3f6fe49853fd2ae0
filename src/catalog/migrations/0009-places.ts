import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** What retention needs: places, other catalogues, and removals that are under way. */
export async function addPlaces(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('places')
    .addColumn('place', 'text', (column) => column.primaryKey())
    .addColumn('mark', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('other_catalogs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('is_ruled', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  const log = db.schema.alterTable('backup_log');
  for (const name of ['removing_at', 'given_up_at', 'catalog_id']) await log.addColumn(name, 'text').execute();
  await db.schema.createIndex('backup_log_started').on('backup_log').column('started_at').execute();
  await db.schema
    .createIndex('backup_log_object')
    .on('backup_log')
    .columns(['object_id', 'place'])
    .where(sql.ref('object_id'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('backup_log_removing')
    .on('backup_log')
    .column('id')
    .where(sql.ref('removing_at'), 'is not', null)
    .execute();
  await db.schema.createIndex('backup_log_place').on('backup_log').columns(['place', 'id']).execute();
}
