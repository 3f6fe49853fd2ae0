import { randomBytes } from 'node:crypto';
import type { RowCounts } from '../core/backup-record.ts';
import { ProgramError, TimeLimitError } from '../core/errors.ts';
import { textOf } from '../system/program-output.ts';
import { startProgram } from '../system/programs.ts';
import { beginToAsk, rowFormat } from './psql-session.ts';
import { countRowsScript, type Exclusions, parseRowCounts } from './dump-selection.ts';
import { explainSessionFailure } from './session-failure.ts';
import type { Database } from './database.ts';
import { editCommand } from '../core/server-hint.ts';

/** A snapshot of a database for a dump; dispose it to close it. */
export interface Snapshot extends AsyncDisposable {
  /** For pg_dump's `--snapshot`. */
  id: string;
  /**
   * Counts the rows that each table dumped whole has in the snapshot. It waits for a table no longer than the server's
   * lock wait, and no longer than the whole dump may take.
   */
  countRows(): Promise<RowCounts>;
}

interface SnapshotFields extends Exclusions {
  lockWaitSeconds: number;
  /** Time limit of the whole dump. */
  limitMs: number;
}

/**
 * Opens a transaction whose snapshot other sessions can use
 * (https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION). A running psql
 * keeps it open.
 */
export async function openSnapshot(
  { connection, psql: psqlCommand, signal }: Database,
  { lockWaitSeconds, limitMs, ...exclusions }: SnapshotFields,
): Promise<Snapshot> {
  const { args, parse } = rowFormat();
  const psql = startProgram(psqlCommand(args), { stdin: 'pipe', stdout: 'pipe', signal });
  const { stdin, stdout } = psql;
  if (stdin === undefined || stdout === undefined) throw new Error('psql was started without pipes');
  const chunks = stdout[Symbol.asyncIterator]();
  let isOverdue = false;
  const limit = setTimeout(() => {
    isOverdue = true;
    void psql.stop();
  }, limitMs);
  const stop = async () => {
    clearTimeout(limit);
    stdin.end();
    await psql.stop();
  };

  let hadAnswer = false;
  const rowsOf = async (statements: string): Promise<string[][]> => {
    const end = Buffer.from(`${randomBytes(12).toString('hex')}\n`);
    stdin.write(`${statements}\n\\echo ${end.toString()}`);
    let printed = Buffer.alloc(0);
    while (!printed.subarray(-end.length).equals(end)) {
      const chunk = await chunks.next().catch(() => ({ done: true, value: undefined }));
      if (chunk.done === true) {
        signal.throwIfAborted();
        if (isOverdue) throw overdue(limitMs);
        throw explainSessionFailure({ connection, ending: await psql.ended, hadAnswer });
      }
      printed = Buffer.concat([printed, Buffer.from(chunk.value)]);
    }
    hadAnswer = true;
    return parse(textOf(printed.subarray(0, -end.length)));
  };

  try {
    await rowsOf(beginToAsk('isolation level repeatable read, read only'));
    const [[id] = []] = await rowsOf('select pg_catalog.pg_export_snapshot();');
    if (id === undefined) throw new ProgramError('the database server gave no snapshot to dump');
    return {
      id,
      countRows: async () => {
        const lockLimit = `select pg_catalog.set_config('lock_timeout', '${lockWaitSeconds}s', true) \\g /dev/null\n`;
        return parseRowCounts(await rowsOf(`${lockLimit}${countRowsScript(exclusions)};`));
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function overdue(limitMs: number): TimeLimitError {
  return new TimeLimitError(
    `the rows were not counted within ${Math.round(limitMs / 1000)} seconds (BACKUP_TIMEOUT_SEC)`,
    `Nothing was stored. Raise BACKUP_TIMEOUT_SEC, or do not count rows: ${editCommand('--no-count-rows')}`,
  );
}
