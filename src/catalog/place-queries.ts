import { sql, type Kysely } from 'kysely';
import { idsOf, isHeld } from './point-queries.ts';
import { promoteCopies } from './promote-copies.ts';
import type { Schema } from './schema.ts';

export interface PlaceQueries {
  /** The recorded content of the mark of a directory; undefined where none was recorded. `place` is `file:/dir`. */
  mark(place: string): Promise<string | undefined>;
  noteMark(place: string, mark: string): Promise<void>;
  /** The directories for which this mark was recorded. */
  withMark(mark: string): Promise<string[]>;
  /** The ids of the newest objects that a place should hold. */
  expected(place: string): Promise<string[]>;
  /** The ids of all objects that a place should hold. */
  held(place: string): Promise<string[]>;
  /** How many objects with these names a place should hold for deleted servers. */
  orphans(place: string, objectNames: readonly string[]): Promise<number>;
  /** The places of backups of deleted servers: of all, or of those with this name. */
  ofDeleted(serverName?: string): Promise<string[]>;
  /**
   * Records all that was stored in one directory as being in another, under the same names. What is recorded there already is
   * given up in the old one.
   */
  move(from: Folder, to: Folder, at: Date): Promise<void>;
  /** How many objects with these names each place should hold. */
  holding(objectNames: readonly string[]): Promise<Map<string, number>>;
  /** How many objects each place should hold, and their size. */
  totals(): Promise<Map<string, { count: number; sizeBytes: number }>>;
  /**
   * Gives up all that a place should hold, or only the named objects: pgbak no longer expects or counts them, and retention
   * rules leave them out. Returns the number of backups.
   */
  giveUp(place: string, at: Date, objectIds?: readonly string[]): Promise<number>;
  /** Forgets that copies are missing in a place: of the backups of one server, or of all. They are not made any more. */
  forgetMissing(place: string, serverId?: number): Promise<void>;
}

/** A directory as a place, and its path, with which the ids of its objects begin. */
interface Folder {
  place: string;
  path: string;
}

/** A person may have removed one object by hand, but hardly this many. */
const EXPECTED = 20;

export function placeQueries(db: Kysely<Schema>): PlaceQueries {
  return {
    mark: async (place) => {
      const row = await db.selectFrom('places').select('mark').where('place', '=', place).executeTakeFirst();
      return row?.mark;
    },
    noteMark: async (place, mark) => {
      const insert = db.insertInto('places').values({ place, mark });
      await insert.onConflict((conflict) => conflict.column('place').doUpdateSet({ mark })).execute();
    },
    withMark: async (mark) => {
      const rows = await db.selectFrom('places').select('place').where('mark', '=', mark).execute();
      return rows.map(({ place }) => place);
    },
    expected: async (place) => {
      const rows = await held(db, place).select('object_id').orderBy('id', 'desc').limit(EXPECTED).execute();
      return rows.flatMap(({ object_id: id }) => id ?? []);
    },
    held: async (place) => {
      const rows = await held(db, place).select('object_id').execute();
      return rows.flatMap(({ object_id: id }) => id ?? []);
    },
    orphans: async (place, objectNames) => {
      const { count } = await held(db, place)
        .where('server_id', 'is', null)
        .where('object_name', 'in', objectNames)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    ofDeleted: async (serverName) => {
      const orphans = db.selectFrom('backup_log').where('server_id', 'is', null).where('object_id', 'is not', null);
      const named = serverName === undefined ? orphans : orphans.where('server_name', '=', serverName);
      const rows = await isHeld(named).select('place').distinct().execute();
      return rows.flatMap(({ place }) => place ?? []);
    },
    move: (from, to, at) =>
      db.transaction().execute(async (trx) => {
        // The database counts characters, as its own length() does, and JavaScript does not.
        const movedId = sql<string>`${to.path} || substr(object_id, length(${from.path}) + 1)`;
        const already = held(trx, to.place).select('object_id');
        const all = trx.updateTable('backup_log').where('place', '=', from.place).where('object_id', 'is not', null);
        const live = all.where('removed_at', 'is', null).where('given_up_at', 'is', null);
        await live.set({ given_up_at: at.toISOString() }).where(movedId, 'in', already).execute();
        await all.set({ place: to.place, object_id: movedId }).where('given_up_at', 'is', null).execute();
        const missing = trx.updateTable('backup_log').set({ place: to.place }).where('place', '=', from.place);
        await missing.where('copy_of', 'is not', null).where('object_id', 'is', null).execute();
        const { mark } = await trx
          .selectFrom('places')
          .select('mark')
          .where('place', '=', from.place)
          .executeTakeFirstOrThrow();
        const insert = trx.insertInto('places').values({ place: to.place, mark });
        await insert.onConflict((conflict) => conflict.column('place').doUpdateSet({ mark })).execute();
      }),
    holding: async (objectNames) => {
      const named = db.selectFrom('backup_log').where('object_name', 'in', objectNames).where('place', 'is not', null);
      const counted = isHeld(named.where('object_id', 'is not', null)).groupBy('place');
      const rows = await counted.select((eb) => ['place', eb.fn.countAll<number>().as('count')]).execute();
      return new Map(rows.flatMap(({ place, count }) => (place === null ? [] : [[place, count]])));
    },
    totals: async () => {
      const stored = db.selectFrom('backup_log').where('place', 'is not', null).where('object_id', 'is not', null);
      const rows = await isHeld(stored)
        .groupBy('place')
        .select((eb) => [
          'place',
          eb.fn.countAll<number>().as('count'),
          sql<number>`total(${sql.ref('file_size')})`.as('sizeBytes'),
        ])
        .execute();
      return new Map(rows.flatMap(({ place, ...total }) => (place === null ? [] : [[place, total]])));
    },
    giveUp: (place, at, objectIds) =>
      db.transaction().execute(async (trx) => {
        let count = 0;
        const all = trx
          .updateTable('backup_log')
          .set({ given_up_at: at.toISOString() })
          .where('place', '=', place)
          .where('object_id', 'is not', null)
          .where('removed_at', 'is', null)
          .where('given_up_at', 'is', null);
        for (const update of objectIds?.map((id) => all.where('object_id', '=', id)) ?? [all]) {
          const rows = await update.returning('id').execute();
          count += rows.length;
          await promoteCopies(
            trx,
            rows.map(({ id }) => id),
          );
        }
        // What is missing there is not made any more.
        if (objectIds === undefined) await missingIn(trx, place).execute();
        if (objectIds === undefined) await trx.deleteFrom('places').where('place', '=', place).execute();
        return count;
      }),
    forgetMissing: async (place, serverId) => {
      const missing = missingIn(db, place);
      await (serverId === undefined ? missing : missing.where('server_id', 'in', idsOf(db, serverId))).execute();
    },
  };
}

/** The notes that copies are missing in a place, to be deleted. */
function missingIn(db: Kysely<Schema>, place: string) {
  return db
    .deleteFrom('backup_log')
    .where('place', '=', place)
    .where('copy_of', 'is not', null)
    .where('object_id', 'is', null);
}

function held(db: Kysely<Schema>, place: string) {
  return isHeld(db.selectFrom('backup_log').where('place', '=', place).where('object_id', 'is not', null));
}
