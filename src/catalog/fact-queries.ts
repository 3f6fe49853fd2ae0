import type { Kysely } from 'kysely';
import { parseDatabaseFacts, type DatabaseFacts } from '../core/database-facts.ts';
import type { Schema } from './schema.ts';

/** Notes facts, where the same were not noted before, and returns their id. */
export async function noteFacts(db: Kysely<Schema>, facts: DatabaseFacts): Promise<number> {
  const json = JSON.stringify(facts);
  await db
    .insertInto('database_facts')
    .values({ facts: json })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = db.selectFrom('database_facts').select('id').where('facts', '=', json);
  return (await row.executeTakeFirstOrThrow()).id;
}

/** What was noted with a backup; undefined where nothing was. */
export async function factsOfBackup(db: Kysely<Schema>, backupId: number): Promise<DatabaseFacts | undefined> {
  const row = await db
    .selectFrom('backup_log')
    .innerJoin('database_facts', 'database_facts.id', 'backup_log.facts_id')
    .select('database_facts.facts')
    .where('backup_log.id', '=', backupId)
    .executeTakeFirst();
  return row === undefined ? undefined : parseDatabaseFacts(row.facts);
}
