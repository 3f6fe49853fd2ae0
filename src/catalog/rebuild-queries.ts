import type { Kysely } from 'kysely';
import { CLOCK_TOLERANCE_MS, isAhead } from '../core/doubtful-times.ts';
import type { DatabaseFacts } from '../core/database-facts.ts';
import type { Format } from '../core/archive-format.ts';
import { adoptCopy } from './adopt-copy.ts';
import { noteFacts } from './stored-backup.ts';
import type { Schema } from './schema.ts';
import { toCompact } from './row-reader.ts';
import { wasFoundBad } from './verification-queries.ts';

/** A backup found in storage. */
export interface FoundBackup {
  serverId: number;
  startedAt: Date;
  storedAt: Date;
  format: Format;
  sizeBytes: number;
  place: string;
  objectName: string;
  objectId: string;
  sha1?: string;
  sha256?: string;
  sumNote?: string;
  rawSizeBytes?: number;
  compression?: string;
  facts?: DatabaseFacts;
  /** The other catalogue that made it. */
  catalogId?: string;
}

export interface RebuildQueries {
  /**
   * Takes a backup into the log that is missing there, that was given up, whose server was deleted, or whose end was not
   * recorded. Returns its id, or undefined where it counts already or was found bad. A backup with a time after `now` does not
   * become its server's last one.
   */
  adopt(backup: FoundBackup, now: Date): Promise<number | undefined>;
  /** Whether the catalogue holds no server and no backup. */
  isEmpty(): Promise<boolean>;
  /** This catalogue, and those that it replaced: it may remove their archives. */
  ruledCatalogs(): Promise<Set<string>>;
  /** The same, and catalogues whose archives were only taken in to be restored. */
  knownCatalogs(): Promise<Set<string>>;
  /** Records another catalogue whose archives are taken in. `isRuled`: retention rules may remove them. */
  noteCatalog(id: string, isRuled: boolean): Promise<void>;
}

export function rebuildQueries(db: Kysely<Schema>): RebuildQueries {
  return {
    adopt: (found, now) =>
      db.transaction().execute(async (trx) => {
        const known = trx
          .selectFrom('backup_log')
          .select(['id', 'server_id', 'removed_at', 'given_up_at', 'success', 'finished_at'])
          .where('place', '=', found.place)
          .where('object_id', '=', found.objectId);
        const row = await known.executeTakeFirst();
        if (row !== undefined) {
          const isLive = row.server_id !== null && row.removed_at === null && row.given_up_at === null;
          // It was stored, and the run was cut off before it recorded the end.
          const isUnended = row.success === '0' && !(await wasFoundBad(trx, row.id));
          if (isLive && !isUnended) return undefined;
          const serverId = row.server_id ?? found.serverId;
          const ended = {
            success: '1',
            result: 'Success',
            finished_at: row.finished_at ?? found.storedAt.toISOString(),
          };
          await trx
            .updateTable('backup_log')
            .set({ server_id: serverId, removed_at: null, removing_at: null, given_up_at: null })
            .$if(isUnended, (update) => update.set(ended))
            .where('id', '=', row.id)
            .execute();
          const log = trx.updateTable('verification_log').set({ server_id: serverId });
          await log.where('backup_id', '=', row.id).execute();
          if (isUnended) await noteLast(trx, { ...found, serverId }, now);
          return row.id;
        }
        const copy = await adoptCopy(trx, found);
        if (copy !== undefined) return copy;
        const { name } = await trx
          .selectFrom('servers')
          .select('name')
          .where('id', '=', found.serverId)
          .executeTakeFirstOrThrow();
        const { id } = await trx
          .insertInto('backup_log')
          .values({
            server_id: found.serverId,
            server_name: name,
            ts: toCompact(found.storedAt),
            result: 'Success',
            success: '1',
            started_at: found.startedAt.toISOString(),
            // How long it took is not known: the time of a file in storage may be that of a copy.
            finished_at: found.startedAt.toISOString(),
            format: found.format,
            compression: found.compression ?? null,
            file_size: found.sizeBytes,
            raw_size: found.rawSizeBytes ?? null,
            place: found.place,
            object_name: found.objectName,
            object_id: found.objectId,
            sha1: found.sha1 ?? null,
            encoding: found.facts?.encoding ?? null,
            facts_id: found.facts === undefined ? null : await noteFacts(trx, found.facts),
            sha256: found.sha256 ?? null,
            sum_note: found.sumNote ?? null,
            warnings: '[]',
            catalog_id: found.catalogId ?? null,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await noteLast(trx, found, now);
        return id;
      }),
    isEmpty: async () => {
      const server = await db.selectFrom('servers').select('id').limit(1).executeTakeFirst();
      const backup = await db.selectFrom('backup_log').select('id').limit(1).executeTakeFirst();
      return server === undefined && backup === undefined;
    },
    ruledCatalogs: async () => new Set([await ownId(db), ...(await otherIds(db, true))]),
    knownCatalogs: async () => new Set([await ownId(db), ...(await otherIds(db, false))]),
    noteCatalog: async (id, isRuled) => {
      const insert = db.insertInto('other_catalogs').values({ id, is_ruled: Number(isRuled) });
      await insert
        .onConflict((conflict) => {
          const one = conflict.column('id');
          return isRuled ? one.doUpdateSet({ is_ruled: 1 }) : one.doNothing();
        })
        .execute();
    },
  };
}

/** Records a backup as its server's last one, unless a later one is known. */
async function noteLast(db: Kysely<Schema>, { serverId, startedAt, storedAt }: FoundBackup, now: Date): Promise<void> {
  if (isAhead(startedAt, now)) return;
  const last = { last_backup: toCompact(storedAt), last_backup_result: 'Success' };
  await db
    .updateTable('servers')
    .set({ ...last, last_success_run: startedAt.toISOString() })
    .where('id', '=', serverId)
    .where((eb) =>
      eb.or([
        eb('last_success_run', 'is', null),
        eb('last_success_run', '<', startedAt.toISOString()),
        eb('last_success_run', '>', new Date(now.getTime() + CLOCK_TOLERANCE_MS).toISOString()),
      ]),
    )
    .execute();
}

async function ownId(db: Kysely<Schema>): Promise<string> {
  const meta = db.selectFrom('pgbak_meta').select('value').where('name', '=', 'id');
  return (await meta.executeTakeFirstOrThrow()).value;
}

async function otherIds(db: Kysely<Schema>, isRuled: boolean): Promise<string[]> {
  const all = db.selectFrom('other_catalogs').select('id');
  return (await (isRuled ? all.where('is_ruled', '=', 1) : all).execute()).map(({ id }) => id);
}
