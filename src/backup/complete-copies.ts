import type { Context } from '../core/context.ts';
import { ConfigError, describeFailure, failureText } from '../core/errors.ts';
import { candidatesOf, passwordsOf } from '../restore/archive-passwords.ts';
import { gradedCopies, heldAmong } from '../restore/graded-copies.ts';
import type { ServerRecord } from '../server/server.ts';
import { storageOf } from '../server/storage-at.ts';
import { adoptStored } from './adopt-stored.ts';
import type { OpenRoom } from './archive-room.ts';
import { copyArchive } from './copy-archive.ts';
import { removeBad } from './remove-bad.ts';
import { proveSource } from './prove-source.ts';

/** A copy that is missing, or was found bad: of which backup, and where. */
export interface MissingCopy {
  copyOf: number;
  place: string;
}

/** What came of a copy that was missing. */
export interface CompletedCopy {
  backupId: number;
  place: string;
  /** Why it is missing still. */
  error?: string;
}

/**
 * Makes copies that are missing or were found bad, each out of the first good copy of the same backup. A bad one is removed only
 * once the new one is stored. What fails is recorded and returned: the next run tries again. Rejects only when interrupted.
 *
 * @param missing the backup and the place of each
 */
export async function completeCopies(
  missing: readonly MissingCopy[],
  server: ServerRecord,
  openRoom: OpenRoom,
  context: Context,
): Promise<CompletedCopy[]> {
  const { catalog, clock, report, signal } = context;
  const completed: CompletedCopy[] = [];
  for (const { copyOf, place } of missing) {
    signal.throwIfAborted();
    try {
      await complete(copyOf, place, server, openRoom, context);
      report({ type: 'note', server: server.name, message: `copied backup ${copyOf} to ${place}` });
      completed.push({ backupId: copyOf, place });
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureText(describeFailure(error, [], server));
      const held = await catalog.backups.heldCopies(copyOf);
      // Of a bad copy its verification tells that it is missing.
      if (held.every((copy) => copy.place !== place))
        await catalog.backups.noteMissingCopy(copyOf, { place, error: failure }, clock.now());
      report({ type: 'warning', server: server.name, message: `cannot copy backup ${copyOf} to ${place}: ${failure}` });
      completed.push({ backupId: copyOf, place, error: failure });
    }
  }
  return completed;
}

async function complete(
  backupId: number,
  place: string,
  server: ServerRecord,
  openRoom: OpenRoom,
  context: Context,
): Promise<void> {
  const held = heldAmong(await gradedCopies(backupId, context.catalog));
  const here = held.filter((copy) => copy.place === place);
  const bad = here.filter(({ foundBad }) => foundBad !== undefined);
  if (bad.length === here.length) await makeCopy(backupId, place, server, openRoom, context);
  for (const copy of bad) await removeBad(copy, server, context);
}

async function makeCopy(
  backupId: number,
  place: string,
  server: ServerRecord,
  openRoom: OpenRoom,
  context: Context,
): Promise<void> {
  const { catalog, clock, environment, report, signal } = context;
  const held = heldAmong(await gradedCopies(backupId, catalog));
  const good = held.filter(({ foundBad }) => foundBad === undefined);
  const [first] = good;
  if (first?.objectName === undefined)
    throw new ConfigError(`no good copy of backup ${backupId} is left to copy from`, 'Back up anew: pgbak run --force');
  const target = await storageOf({ place }, server, context);
  await target.prepare(first.objectName, signal);
  for (const message of await target.sweep(first.objectName, signal)) report({ type: 'cleaned', message });
  // One whose upload was cut off may be there all the same.
  if ((await adoptStored(first, server, target, context)).length > 0) return;
  const passwords = passwordsOf(server, environment, undefined);
  const problems: unknown[] = [];
  for (const from of good) {
    if (from.place === undefined) continue;
    try {
      await proveSource(from, held, { server, passwords }, context);
      const source = await storageOf({ place: from.place }, server, context);
      const copy = await copyArchive(
        {
          from,
          source,
          target,
          password: passwords.today,
          passwords: candidatesOf(passwords),
          openRoom,
          onTrouble: (message) => report({ type: 'note', server: server.name, message }),
        },
        context,
      );
      await catalog.backups.noteCopy(backupId, copy, clock.now());
      return;
    } catch (error) {
      signal.throwIfAborted();
      problems.push(error);
    }
  }
  throw problems[0];
}
