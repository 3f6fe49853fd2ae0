import type { Context } from '../core/context.ts';
import { bringAlong } from '../restore/moved-directory.ts';
import { knownPlaceOf } from '../server/destination.ts';
import { brokenReferences } from '../server/check-references.ts';
import type { ServerChanges, ServerFields, ServerRecord } from '../server/server.ts';
import { reportEdit, type EditReport } from './edit-report.ts';
import { lackOfRoom } from './check-room.ts';
import { misplacedIn } from './lost-directory.ts';
import { lapsedEncryption } from './lapsed-encryption.ts';
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
  const place = knownPlaceOf(server, context.environment);
  const moved = place === undefined ? [] : await bringAlong(place, context);
  return {
    server,
    warnings: [...warningsOf(fields, name, context), ...lacksOf(server, context)],
    lines: [`Added server ${id}: ${name}`, ...moved, ...(await nextSteps(server, context))],
  };
}

/** Stores an edit that was checked, and tells what it changed. */
export async function storeEdit(
  { today, changes, fields }: { today: ServerRecord; changes: ServerChanges; fields: ServerFields },
  context: Context,
): Promise<Told & { report: EditReport }> {
  const { catalog, environment } = context;
  await catalog.servers.update(today.id, fields);
  const place = knownPlaceOf(fields, environment);
  const isElsewhere = knownPlaceOf(today, environment) !== place;
  const moved = isElsewhere && place !== undefined ? await bringAlong(place, context) : [];
  const stored = await catalog.backups.inStorage(today.id);
  const misplaced = await misplacedIn(context)(today);
  const { report, lines } = reportEdit(today, fields, { stored, environment, misplaced });
  const lack = isElsewhere && place !== undefined ? await lackOfRoom(today, place, context) : undefined;
  const lapsed = await lapsedEncryption({ ...fields, id: today.id }, context);
  return {
    report,
    lines: [...lines, ...moved, ...(isElsewhere ? await takeOver(fields, context) : [])],
    warnings: [
      ...warningsOf(changes, fields.name, context),
      ...[lack, lapsed]
        .filter((one) => one !== undefined)
        .map(({ message, hint = '' }) => `${fields.name}: ${message}\n${hint}`),
    ],
  };
}

function warningsOf(given: ServerChanges, name: string, { environment }: Pick<Context, 'environment'>): string[] {
  return brokenReferences(given, environment).map(({ problem }) => `${name}: ${problem.message}`);
}
