import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { knownPlacesOf } from '../server/destination.ts';
import type { ServerRecord } from '../server/server.ts';
import { copyStates, missingInWords } from './copies-in-words.ts';
import type { Outcome } from './outcome.ts';
import { pingsFor } from './pings.ts';
import type { Run } from './run-backup.ts';

/** The copies that earlier backups of a server lack in the places that it uses today. */
export async function missingOf(server: ServerRecord, { catalog, environment }: Context): Promise<BackupRecord[]> {
  const missing = await catalog.backups.missingCopies(server.id);
  if (missing.length === 0) return [];
  const places = knownPlacesOf(server, environment);
  return missing.filter(({ place }) => place !== undefined && places.includes(place));
}

/**
 * Makes the missing copies of a server that is not due, and tells its ping URLs what came of that: they heard of a failure when the
 * backup was made.
 */
export async function catchUp(
  server: ServerRecord,
  missing: readonly BackupRecord[],
  run: Run,
  context: Context,
): Promise<Outcome> {
  const { clock, report } = context;
  const began = clock.now().getTime();
  const identity = { serverId: server.id, name: server.name };
  const warnings: string[] = [];
  const pings = pingsFor(server, (warning) => warnings.push(warning), context);
  const completed = await run.complete(server, missing);
  const failed = completed.filter(({ error }) => error !== undefined);
  if (failed.length === 0) {
    const count = completed.length === 1 ? 'the copy that was missing' : `${completed.length} copies that were missing`;
    await pings.succeeded(`made ${count}`);
    return { ...identity, status: 'skipped', reason: `made ${count}` };
  }
  const [{ backupId }] = [...failed, { backupId: 0 }];
  const states = copyStates(await context.catalog.backups.copiesOf(backupId));
  const error = `backup ${backupId} is ${missingInWords(states) ?? 'not complete'}`;
  report({ type: 'incomplete', server: server.name, message: error });
  await pings.failed(error);
  return {
    ...identity,
    status: 'failed',
    backupId,
    durationMs: clock.now().getTime() - began,
    warnings,
    error,
    interrupted: false,
  };
}
