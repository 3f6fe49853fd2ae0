import type { Context } from '../core/context.ts';
import { allPoints, findPoint } from '../restore/choose-point.ts';
import { gradedCopies } from '../restore/graded-copies.ts';
import { knownPlacesOf, placeNamed } from '../server/destination.ts';
import type { ServerRecord } from '../server/server.ts';
import { missingOf } from './catch-up.ts';
import { roomOpener } from './archive-room.ts';
import { completeCopies, type CompletedCopy, type MissingCopy } from './complete-copies.ts';
import { copyStates } from './copies-in-words.ts';

/** Which copies are to be made. */
export interface CopyChoice {
  /** One backup, as `--at` says it; else the newest one, and those of which a copy is known to be missing. */
  at: string | undefined;
  /** Every restore point. */
  isEvery: boolean;
  /** Only to this destination or place; else to all places of the server. */
  to: string | undefined;
}

/** What came of one copy, as `copy --json` prints it. */
export interface CopyRow {
  serverId: number;
  name: string;
  backupId: number;
  place: string;
  success: boolean;
  /** Why it could not be made. */
  error: string | null;
}

/**
 * Makes the copies of a server's backups that its places lack. What fails is reported, and stays noted as missing.
 *
 * @throws ConfigError where there is no such backup or destination
 */
export async function copyBackups(server: ServerRecord, choice: CopyChoice, context: Context): Promise<CopyRow[]> {
  const { catalog, environment } = context;
  const { at, to } = choice;
  const places = to === undefined ? knownPlacesOf(server, environment) : [placeNamed(to, environment)];
  const points = await pointsOf(server, choice, context);
  const noted = at === undefined ? await missingOf(server, context) : [];
  const ids = [...new Set([...points.map(({ backupId }) => backupId), ...noted.map(({ copyOf }) => copyOf)])];
  const wanted: MissingCopy[] = [];
  for (const copyOf of ids) {
    const states = copyStates(await gradedCopies(copyOf, catalog));
    const holding = new Set(states.flatMap(({ place, objectId }) => (objectId === undefined ? [] : place)));
    for (const place of places) if (!holding.has(place)) wanted.push({ copyOf, place });
  }
  const completed = await completeCopies(wanted, server, roomOpener(1, context), context);
  return completed.map((one) => copyRow(server, one));
}

/** The backups to look at; none where a server has no good one yet. */
async function pointsOf(
  server: ServerRecord,
  { at, isEvery }: CopyChoice,
  context: Context,
): Promise<{ backupId: number }[]> {
  if (at !== undefined) return [await findPoint(server, at, context)];
  const { catalog, clock } = context;
  const last = (await catalog.backups.lastGoodOfEach([server.id], clock.now())).get(server.id);
  if (last === undefined) return [];
  return isEvery ? await allPoints(server, context) : [last];
}

function copyRow({ id: serverId, name }: ServerRecord, { backupId, place, error }: CompletedCopy): CopyRow {
  return { serverId, name, backupId, place, success: error === undefined, error: error ?? null };
}
