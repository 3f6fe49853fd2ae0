import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

const SETTINGS = `
  b2_key_id b2_app_key b2_prune_key_id b2_prune_app_key
  s3_endpoint s3_region s3_access_key_id s3_secret_access_key s3_profile s3_storage_class
  rclone_config keep_within bandwidth`
  .trim()
  .split(/\s+/);
const COUNTS = [
  'keep_last',
  'keep_hourly',
  'keep_daily',
  'keep_weekly',
  'keep_monthly',
  'keep_yearly',
  'object_lock_days',
];

/** Places with a name and settings of their own; and a server's one destination becomes a JSON array of one, or of none. */
export async function addDestinations(db: Kysely<Schema>): Promise<void> {
  let table = db.schema
    .createTable('destinations')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('place', 'text', (column) => column.notNull().unique());
  for (const name of SETTINGS) table = table.addColumn(name, 'text');
  for (const name of COUNTS) table = table.addColumn(name, 'integer');
  await table
    .addColumn('s3_path_style', 'text', (column) => column.notNull().defaultTo('auto'))
    .addColumn('object_lock_mode', 'text', (column) => column.notNull().defaultTo('governance'))
    .execute();

  await db.schema
    .alterTable('servers')
    .addColumn('destinations', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();
  // What is no text stays as it is: the server is then shown as being in error, as it was before.
  await sql`update servers set destinations =
    case typeof(destination) when 'text' then json_array(destination) else destination end
    where destination is not null`.execute(db);
  await sql`alter table servers drop column destination`.execute(db);
}
