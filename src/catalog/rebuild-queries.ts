import type { Kysely } from 'kysely';
import type { DatabaseFacts } from '../config/database-facts.ts';
import type { Format } from '../config/server.ts';
import { noteFacts } from './fact-queries.ts';
import type { Schema } from './schema.ts';
import { toCompact } from './timestamps.ts';

/** A backup of which only storage tells. */
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
}

export interface RebuildQueries {
  /** Takes a backup into the log that was made without it, and returns its id; undefined where it is known already. */
  adopt(backup: FoundBackup): Promise<number | undefined>;
}

export function rebuildQueries(db: Kysely<Schema>): RebuildQueries {
  return {
    adopt: (found) =>
      db.transaction().execute(async (trx) => {
        const known = trx
          .selectFrom('backup_log')
          .select('id')
          .where('place', '=', found.place)
          .where('object_id', '=', found.objectId);
        if ((await known.executeTakeFirst()) !== undefined) return undefined;
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
            finished_at: found.storedAt.toISOString(),
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
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        const last = { last_backup: toCompact(found.storedAt), last_backup_result: 'Success' };
        await trx
          .updateTable('servers')
          .set({ ...last, last_success_run: found.startedAt.toISOString() })
          .where('id', '=', found.serverId)
          .where((eb) =>
            eb.or([eb('last_success_run', 'is', null), eb('last_success_run', '<', found.startedAt.toISOString())]),
          )
          .execute();
        return id;
      }),
  };
}
