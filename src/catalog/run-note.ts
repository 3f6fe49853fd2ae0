import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Who works on the catalogue, in the words of the process that wrote it; a killed run leaves its note behind. */
export interface RunNote {
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
  clear(): Promise<void>;
}

const NAME = 'run';

export function runNote(db: Kysely<Schema>): RunNote {
  return {
    read: async () => {
      const note = await db.selectFrom('pgbak_meta').select('value').where('name', '=', NAME).executeTakeFirst();
      return note?.value;
    },
    write: async (value) => {
      const row = db.insertInto('pgbak_meta').values({ name: NAME, value });
      await row.onConflict((conflict) => conflict.column('name').doUpdateSet({ value })).execute();
    },
    clear: async () => {
      await db.deleteFrom('pgbak_meta').where('name', '=', NAME).execute();
    },
  };
}
