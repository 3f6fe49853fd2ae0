import type { Insertable, Kysely, Selectable } from 'kysely';
import { stringList } from '../core/row-cells.ts';
import {
  DESTINATION_DEFAULTS,
  forEachDestinationField,
  perDestinationField,
  type DestinationFields,
  type DestinationRecord,
} from '../server/destination-record.ts';
import { rowReader } from './row-reader.ts';
import type { DestinationColumns, DestinationsTable, Schema } from './schema.ts';

export interface DestinationQueries {
  /** All named destinations, by name. */
  list(): Promise<DestinationRecord[]>;
  add(fields: DestinationFields): Promise<DestinationRecord>;
  /** Servers that refer to it by its name get the new one. */
  update(before: DestinationRecord, fields: DestinationFields): Promise<void>;
  remove(id: number): Promise<void>;
}

export function destinationQueries(db: Kysely<Schema>): DestinationQueries {
  return {
    list: async () => {
      const rows = await db.selectFrom('destinations').selectAll().orderBy('name').execute();
      return rows.map((row) => toDestination(row));
    },
    add: async (fields) =>
      toDestination(
        await db.insertInto('destinations').values(fromDestination(fields)).returningAll().executeTakeFirstOrThrow(),
      ),
    update: (before, fields) =>
      db.transaction().execute(async (trx) => {
        await trx.updateTable('destinations').set(fromDestination(fields)).where('id', '=', before.id).execute();
        if (fields.name !== before.name) await rename(trx, before.name, fields.name);
      }),
    remove: async (id) => {
      await db.deleteFrom('destinations').where('id', '=', id).execute();
    },
  };
}

async function rename(db: Kysely<Schema>, from: string, to: string): Promise<void> {
  for (const { id, destinations } of await db.selectFrom('servers').select(['id', 'destinations']).execute()) {
    const texts = stringList(destinations);
    if (texts?.includes(from) !== true) continue;
    const renamed = JSON.stringify(texts.map((text) => (text === from ? to : text)));
    await db.updateTable('servers').set({ destinations: renamed }).where('id', '=', id).execute();
  }
}

/** A row as a record. A column that cannot be read is named in `unreadable`. */
function toDestination(row: Selectable<DestinationsTable>): DestinationRecord {
  const { unreadable, read } = rowReader({ ...row });
  const fields: DestinationFields = {
    ...DESTINATION_DEFAULTS,
    name: `destination-${row.id}`,
    place: `b2:unreadable-${row.id}`,
  };
  forEachDestinationField((name, { column, readCell }) => void (fields[name] = read(column, readCell, fields[name])));
  return { id: row.id, ...fields, ...(unreadable.length === 0 ? {} : { unreadable }) };
}

/** The fields of a destination as columns. Here, and only here, its secrets are written down. */
function fromDestination(fields: DestinationFields): Insertable<DestinationColumns> {
  return perDestinationField<Insertable<DestinationColumns>>((name, { column, toCell }) => [
    column,
    toCell(fields[name]),
  ]);
}
