import type { Kysely, Selectable } from 'kysely';
import type { ServerFields, ServerRecord } from '../server/server.ts';
import { isoTime, toCompact } from './row-reader.ts';
import type { Schema, ServersTable } from './schema.ts';
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
    update: (id, fields) =>
      db.transaction().execute(async (trx) => {
        const row = await trx.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirst();
        const mended = row === undefined ? {} : await mendedNotes(trx, row);
        await trx
          .updateTable('servers')
          .set({ ...fromServer(fields), ...mended })
          .where('id', '=', id)
          .execute();
      }),
    remove: async (id) => {
      await db.deleteFrom('servers').where('id', '=', id).execute();
    },
  };
}

/** Restores from the log what pgbak itself records of a server, where it cannot be read: a user could not give it anew. */
async function mendedNotes(
  db: Kysely<Schema>,
  row: Selectable<ServersTable>,
): Promise<Partial<Pick<ServersTable, 'last_backup' | 'last_success_run'>>> {
  const unreadable = new Set(toServer(row).unreadable?.map(({ column }) => column));
  if (!unreadable.has('last_backup') && !unreadable.has('last_success_run')) return {};
  const log = db.selectFrom('backup_log').select('started_at').where('server_id', '=', row.id);
  const newest = await log.where('success', '=', '1').orderBy('id', 'desc').executeTakeFirst();
  const lastGood = newest === undefined ? undefined : isoTime(newest.started_at);
  return {
    ...(unreadable.has('last_backup') ? { last_backup: lastGood === undefined ? null : toCompact(lastGood) } : {}),
    ...(unreadable.has('last_success_run') ? { last_success_run: lastGood?.toISOString() ?? null } : {}),
  };
}
