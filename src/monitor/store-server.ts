import type { Context } from '../core/context.ts';
import { bringAlong } from '../restore/moved-directory.ts';
import { knownPlacesOf } from '../server/destination.ts';
import { brokenReferences } from '../server/check-references.ts';
import type { ServerChanges, ServerFields, ServerRecord } from '../server/server.ts';
import { reportEdit, type EditReport } from './edit-report.ts';
import { lackOfRoom } from './check-room.ts';
import { misplacedPlacesIn } from './lost-directory.ts';
import { lapsedEncryption } from './lapsed-encryption.ts';
import { unappliedRules } from './unapplied-rules.ts';
import { lacksOf, nextSteps, takeOver } from './next-steps.ts';

/** What is told of a server that was stored. */
interface Told {
  /** What may be amiss with it. */
  warnings: string[];
  lines: string[];
}

/** Stores a new server that was checked, and tells what it lacks and what to do next. */
export async function storeNew(fields: ServerFields, context: Context): Promise<Told & { server: ServerRecord }> {
  const server = await context.catalog.servers.add(fields);
  const { id, name } = server;
  const moved = await broughtAlong(knownPlacesOf(server, context.environment), context);
  return {
    server,
    warnings: [...warningsOf(fields, name, context), ...lacksOf(server, context)],
    lines: [
      `Added server ${id}: ${name}`,
      ...moved,
      ...unappliedRules(fields, context.environment),
      ...(await nextSteps(server, context)),
    ],
  };
}

/** Stores an edit that was checked, and tells what it changed. */
export async function storeEdit(
  { today, changes, fields }: { today: ServerRecord; changes: ServerChanges; fields: ServerFields },
  context: Context,
): Promise<Told & { report: EditReport }> {
  const { catalog, environment } = context;
  await catalog.servers.update(today.id, fields);
  const before = knownPlacesOf(today, environment);
  const after = knownPlacesOf(fields, environment);
  const added = after.filter((place) => !before.includes(place));
  const isElsewhere = added.length > 0;
  const moved = await broughtAlong(added, context);
  // A directory that was moved has brought its notes along.
  for (const place of before) if (!after.includes(place)) await catalog.places.forgetMissing(place, today.id);
  const stored = await catalog.backups.inStorage(today.id);
  const misplaced = await misplacedPlacesIn(context)(today);
  const { report, lines } = reportEdit(today, fields, { stored, environment, misplaced });
  const lacks = await Promise.all(added.map((place) => lackOfRoom(today, place, context)));
  const lapsed = await lapsedEncryption({ ...fields, id: today.id }, context);
  return {
    report,
    lines: [...lines, ...moved, ...(isElsewhere ? await takeOver(fields, context) : [])],
    warnings: [
      ...warningsOf(changes, fields.name, context),
      ...[...lacks, lapsed]
        .filter((one) => one !== undefined)
        .map(({ message, hint = '' }) => `${fields.name}: ${message}\n${hint}`),
    ],
  };
}

/** One place after the other: each moves records of the same catalogue. */
async function broughtAlong(places: readonly string[], context: Context): Promise<string[]> {
  const lines: string[] = [];
  for (const place of places) lines.push(...(await bringAlong(place, context)));
  return lines;
}

function warningsOf(given: ServerChanges, name: string, { environment }: Pick<Context, 'environment'>): string[] {
  return brokenReferences(given, environment).map(({ problem }) => `${name}: ${problem.message}`);
}
