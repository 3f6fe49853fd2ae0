import type { Insertable, Kysely, Selectable } from 'kysely';
import { Secret } from '../core/secret.ts';
import { forEachField, perField, SERVER_DEFAULTS, type ServerFields, type ServerRecord } from '../server/server.ts';
import { fromCompact, isoTime, rowReader, toCompact } from './row-reader.ts';
import type { FieldColumns, Schema, ServersTable } from './schema.ts';

/**
 * Turns a row of `servers` into a record. Columns that cannot be read are named in `unreadable`, and get the value of a
 * new server.
 */
export function toServer(row: Selectable<ServersTable>): ServerRecord {
  const { unreadable, read, time } = rowReader({ ...row });
  const fields: ServerFields = {
    ...SERVER_DEFAULTS,
    name: `server ${row.id}`,
    connectionString: new Secret(''),
    archiveName: `server-${row.id}`,
  };
  forEachField((name, { column, readCell }) => void (fields[name] = read(column, readCell, fields[name])));
  const lastBackup = time('last_backup', fromCompact);
  const lastSuccessRun = time('last_success_run', isoTime);
  return {
    id: row.id,
    ...fields,
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...lastResult(row.last_backup_result),
    ...(lastSuccessRun === undefined ? {} : { lastSuccessRun }),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  };
}

/** The fields of a server as columns. Here, and only here, its secrets are written down. */
export function fromServer(fields: ServerFields): Insertable<FieldColumns> {
  return perField<Selectable<FieldColumns>>((name, { column, toCell }) => [column, toCell(fields[name])]);
}

function lastResult(text: string | null): Pick<ServerRecord, 'lastResult'> {
  if (text === null) return {};
  return { lastResult: text === 'Success' ? 'success' : 'failed' };
}

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

/**
 * Restores pgbak's own notes about a server from the log, where they cannot be read: a user could not enter them again.
 */
async function mendedNotes(
  db: Kysely<Schema>,
  row: Selectable<ServersTable>,
): Promise<Partial<Pick<ServersTable, 'last_backup' | 'last_success_run'>>> {
  const unreadable = new Set(toServer(row).unreadable?.map(({ column }) => column));
  if (!unreadable.has('last_backup') && !unreadable.has('last_success_run')) return {};
  const log = db
    .selectFrom('backup_log')
    .select('started_at')
    .where('server_id', '=', row.id)
    .where('copy_of', 'is', null);
  const newest = await log.where('success', '=', '1').orderBy('id', 'desc').executeTakeFirst();
  const lastGood = newest === undefined ? undefined : isoTime(newest.started_at);
  return {
    ...(unreadable.has('last_backup') ? { last_backup: lastGood === undefined ? null : toCompact(lastGood) } : {}),
    ...(unreadable.has('last_success_run') ? { last_success_run: lastGood?.toISOString() ?? null } : {}),
  };
}
