import type { Kysely } from 'kysely';
import { formatMade } from '../core/format.ts';
import type { Zones } from '../core/time-zone.ts';
import type { Clock } from '../system/clock.ts';
import { isOtherRunning, type ProcessIdentity, takeLock, thisProcess } from '../system/lock.ts';
import type { Schema } from './schema.ts';

/** The note of the process that works on the catalogue, in its own words. A killed run leaves its note behind. */
export interface RunNote {
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
  clear(): Promise<void>;
}

const NAME = 'run';

export function runNote(db: Kysely<Schema>): RunNote {
  return {
    read: async () => {
      const note = await db.selectFrom('pgbak_meta').select('value').where('name', '=', NAME).executeTakeFirst();
      return note?.value;
    },
    write: async (value) => {
      const row = db.insertInto('pgbak_meta').values({ name: NAME, value });
      await row.onConflict((conflict) => conflict.column('name').doUpdateSet({ value })).execute();
    },
    clear: async () => {
      await db.deleteFrom('pgbak_meta').where('name', '=', NAME).execute();
    },
  };
}

/** `command`: as it was typed, without its flags. The note of an earlier pgbak has none. */
type Holder = ProcessIdentity & { since: string; command?: string };

interface Work {
  /** The command that takes the lock: `run shop`. */
  command: string;
  /** How long it waits for another one; undefined where it has no flag for that. */
  waitMs?: number;
}

interface LockContext {
  catalog: { path: string; runNote: RunNote };
  clock: Clock;
  signal: AbortSignal;
  zones: Zones;
}

/**
 * Takes the lock under which one run at a time works on a catalogue; a `LockedError` after `waitMs`. The catalogue notes
 * who holds it. The note tells others, and keeps them out where the lock file was removed during a run.
 */
export async function takeRunLock(
  { catalog, clock, signal, zones }: LockContext,
  { command, waitMs }: Work,
): Promise<AsyncDisposable> {
  const inWords = ({ pid, host, since, command: other }: Holder) => {
    const what = other === undefined ? '' : ` ("pgbak ${other}")`;
    return `process ${pid}${what} on ${host}, since ${formatMade(new Date(since), clock.now(), { zone: zones.shown })}`;
  };
  const holder = async () => holderIn(await catalog.runNote.read());
  const lock = await takeLock(catalog.path, {
    heldBy: async () => {
      const other = await holder();
      return other !== undefined && isOtherRunning(other) ? inWords(other) : undefined;
    },
    describeHolder: async () => {
      const other = await holder();
      return other === undefined ? undefined : inWords(other);
    },
    waitMs: waitMs ?? 0,
    advice: waitMs === undefined ? AGAIN : `${AGAIN} Or let this command wait, here for up to 10 minutes: --wait 600`,
    clock,
    signal,
  });
  try {
    const note: Holder = { ...thisProcess(), since: clock.now().toISOString(), command };
    await catalog.runNote.write(JSON.stringify(note));
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      try {
        await catalog.runNote.clear();
      } catch {
        // A note of a process that has ended holds no lock, and the run has told what went wrong.
      } finally {
        lock[Symbol.dispose]();
      }
    },
  };
}

const AGAIN = 'Nothing was done. Try again when the other one has ended.';

function holderIn(note: string | undefined): Holder | undefined {
  try {
    const holder: Partial<Holder> = JSON.parse(note ?? '{}');
    const { pid, host, since, kernel, command } = holder;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof since !== 'string') return undefined;
    if (Number.isNaN(Date.parse(since))) return undefined;
    return {
      pid,
      host,
      since,
      ...(typeof kernel === 'string' ? { kernel } : {}),
      ...(typeof command === 'string' ? { command } : {}),
    };
  } catch {
    return undefined;
  }
}
