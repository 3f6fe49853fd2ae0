import type { Context } from '../core/context.ts';
import { gradedCopies, heldAmong } from '../restore/graded-copies.ts';
import { knownPlacesOf } from '../server/destination.ts';
import type { ServerRecord } from '../server/server.ts';
import type { MissingCopy } from './complete-copies.ts';
import { copyStates, missingInWords } from './copies-in-words.ts';
import type { Outcome } from './outcome.ts';
import { pingsFor } from './pings.ts';
import type { Run } from './run-backup.ts';

/** The copies that earlier backups of a server lack in the places that it uses today, and those there that were found bad. */
export async function missingOf(server: ServerRecord, { catalog, environment }: Context): Promise<MissingCopy[]> {
  const noted = (await catalog.backups.missingCopies(server.id)).map(({ copyOf, place }) => ({ copyOf, place }));
  const missing = [...noted, ...(await badCopies(server, catalog))];
  if (missing.length === 0) return [];
  const places = knownPlacesOf(server, environment);
  return missing.flatMap(({ copyOf, place }) =>
    copyOf !== undefined && place !== undefined && places.includes(place) ? [{ copyOf, place }] : [],
  );
}

/** The copies that were found bad, of backups of which a good one is left. */
async function badCopies({ id }: ServerRecord, catalog: Context['catalog']) {
  const suspects = await catalog.backups.suspects(id);
  const backupIds = new Set(suspects.map(({ backupId, copyOf }) => copyOf ?? backupId));
  const bad: { copyOf: number; place: string | undefined }[] = [];
  for (const copyOf of backupIds) {
    const held = heldAmong(await gradedCopies(copyOf, catalog));
    if (held.every(({ foundBad }) => foundBad !== undefined)) continue;
    bad.push(...held.filter(({ foundBad }) => foundBad !== undefined).map(({ place }) => ({ copyOf, place })));
  }
  return bad;
}

/**
 * Makes the missing copies of a server that is not due, and tells its ping URLs what came of that: they heard of a failure when the
 * backup was made. `incomplete` where one cannot be made, and `failed` where no good copy is left.
 */
export async function catchUp(
  server: ServerRecord,
  missing: readonly MissingCopy[],
  run: Run,
  context: Context,
): Promise<Outcome> {
  const { catalog, clock, report } = context;
  const began = clock.now().getTime();
  const identity = { serverId: server.id, name: server.name };
  const warnings: string[] = [];
  const pings = pingsFor(server, (warning) => warnings.push(warning), context);
  const completed = await run.complete(server, missing);
  const [failed] = completed.filter(({ error }) => error !== undefined);
  if (failed === undefined) {
    const count = completed.length === 1 ? 'the copy that was missing' : `${completed.length} copies that were missing`;
    await pings.succeeded(`made ${count}`);
    return { ...identity, status: 'skipped', reason: `made ${count}` };
  }
  const { backupId } = failed;
  const graded = await gradedCopies(backupId, catalog);
  const why = new Map(completed.flatMap((one) => (one.backupId === backupId ? [[one.place, one.error]] : [])));
  const copies = copyStates(graded).map((state) => {
    const error = state.objectId === undefined ? why.get(state.place) : undefined;
    return error === undefined ? state : { ...state, error };
  });
  const error = `backup ${backupId} is ${missingInWords(copies) ?? 'not complete'}`;
  report({ type: 'incomplete', server: server.name, message: error });
  await pings.failed(error);
  const ended = { ...identity, backupId, durationMs: clock.now().getTime() - began, warnings, error };
  const [stored] = heldAmong(graded);
  const { foundBad, objectName, objectId, sizeBytes, rawSizeBytes: rawSize = null } = stored ?? {};
  if (foundBad !== undefined || objectName === undefined || objectId === undefined || sizeBytes === undefined)
    return { ...ended, status: 'failed', interrupted: false };
  return { ...ended, status: 'incomplete', objectName, objectId, size: sizeBytes, rawSize, copies };
}
