import type { Kysely } from 'kysely';
import type { ServerFields, ServerRecord } from '../config/server.ts';
import type { Schema } from './schema.ts';
import { fromServer, toServer } from './server-rows.ts';

export interface ServerQueries {
  /** All servers, in the order in which they were added. */
  list(): Promise<ServerRecord[]>;
  /** By id, or by name where the text is no number (names never are). */
  find(idOrName: number | string): Promise<ServerRecord | undefined>;
  add(fields: ServerFields): Promise<ServerRecord>;
  update(id: number, fields: ServerFields): Promise<void>;
  /** The server's history stays. */
  remove(id: number): Promise<void>;
}

export function serverQueries(db: Kysely<Schema>): ServerQueries {
  return {
    list: async () => (await db.selectFrom('servers').selectAll().orderBy('id').execute()).map((row) => toServer(row)),
    find: async (idOrName) => {
      const byId = typeof idOrName === 'number' || /^\d+$/.test(idOrName);
      const query = db.selectFrom('servers').selectAll();
      const row = await (
        byId ? query.where('id', '=', Number(idOrName)) : query.where('name', '=', idOrName)
      ).executeTakeFirst();
      return row === undefined ? undefined : toServer(row);
    },
    add: async (fields) =>
      toServer(await db.insertInto('servers').values(fromServer(fields)).returningAll().executeTakeFirstOrThrow()),
    update: async (id, fields) => {
      await db.updateTable('servers').set(fromServer(fields)).where('id', '=', id).execute();
    },
    remove: async (id) => {
      await db.deleteFrom('servers').where('id', '=', id).execute();
    },
  };
}
