import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { ProgramError, throwIfInterrupted, type PgbakError } from '../../core/errors.ts';
import { startProgram, type Ending, type RunningProgram } from '../../system/programs.ts';
import { EMPTY_DATABASE } from './empty-database.ts';
import type { Loader, LoadRequest } from './loader.ts';
import { explainLoadFailure } from '../../postgres/load-failure.ts';
import { fateOf, transactionScript } from './transaction.ts';
import { DEFAULT_LOCK_WAIT_SECONDS, waitedTooLong, watchLocks } from './lock-watch.ts';
import { NOTHING_LEFT_OUT } from '../../postgres/plain-dump/left-out.ts';
import { scanned } from '../../postgres/plain-dump/scanned.ts';

const LAST_WORDS_WITHIN_MS = 500;

/** Starts a psql that loads a plain dump in one transaction (https://www.postgresql.org/docs/current/app-psql.html). */
export function startScript(request: LoadRequest): Loader {
  const { database, programs, emptyFirst = false, noTablespaces = false } = request;
  const { signal } = database;
  const { leftOut = NOTHING_LEFT_OUT } = request;
  const { lockWaitSeconds = DEFAULT_LOCK_WAIT_SECONDS } = request;
  if (programs.psql === undefined) {
    throw new ProgramError('psql was not found beside pg_dump', 'Install postgresql-client.');
  }
  const command = database.psql(['-A', '-t'], programs.psql);
  const psql = startProgram(command, { stdin: 'pipe', stdout: 'pipe', signal });
  const { stdin, stdout } = psql;
  if (stdin === undefined || stdout === undefined) throw new Error('psql was started without pipes');

  const transaction = transactionScript(programs.version, lockWaitSeconds);
  const output = createInterface({ input: stdout }).on('line', (line) => transaction.read(line));
  output.on('error', () => {});
  const ownSession = () => {
    const pid = transaction.processId();
    return pid === undefined ? undefined : `select ${pid}`;
  };
  const locks = watchLocks(request, ownSession, bytesReadFrom(stdin));
  void psql.ended.catch(() => {}).then(() => locks.stop());
  stdin.write(`${transaction.begin}${emptyFirst ? EMPTY_DATABASE : ''}`);
  const dump = scanned(stdin, { ...leftOut, tablespaces: noTablespaces });

  const explain = (ending: Ending, outcome?: string): ProgramError => {
    const failure = explainLoadFailure('psql', ending, outcome);
    if (!/55P03|lock timeout/.test(ending.rawStderr.reveal())) return failure;
    return waitedTooLong(failure.message, locks, lockWaitSeconds, failure.rawMessage());
  };

  return {
    input: dump.input,
    commit: async () => {
      const refused = await dump.finish().then(
        () => undefined,
        (error: PgbakError) => dump.refusal() ?? error,
      );
      if (refused !== undefined && refused === dump.refusal()) throw refused;
      if (refused === undefined) stdin.end(transaction.commit);
      const ending = await psql.ended;
      // A commit that psql has reported counts, even if a signal arrived at the same moment.
      if (transaction.isCommitted()) return;
      // Exit code 3 of psql is an error in the script. With any other code the answer to COMMIT may have been lost.
      if (refused !== undefined || ending.exitCode === 3) {
        signal.throwIfAborted();
        throw explain(ending);
      }
      const fate = await fateOf(transaction, request);
      if (fate === 'committed') return;
      throwIfInterrupted(signal, fate === 'aborted' ? undefined : UNKNOWN_WHEN_STOPPED);
      throw fate === 'aborted' ? explain(ending) : explain(ending, UNKNOWN);
    },
    abandon: async () => {
      const refusal = dump.refusal();
      const own = refusal === undefined ? await lastWords(psql) : undefined;
      await psql.stop();
      stdin.destroy();
      dump.input.destroy();
      if (signal.aborted) await fateOf(transaction, request);
      return own === undefined ? refusal : explain(own);
    },
  };
}

const UNKNOWN =
  'it is not known whether the dump was restored, because the connection was lost at the end: look into the database';

const UNKNOWN_WHEN_STOPPED =
  'It is not known whether the dump was restored: it was being committed. Look into the database.';

/** How many bytes a program has taken from its pipe. */
function bytesReadFrom(stdin: Writable): () => number {
  return () => ('bytesWritten' in stdin ? Number(stdin.bytesWritten) : 0) - stdin.writableLength;
}

/**
 * How a program ended by its own failure; undefined where it did not. It gets a moment to end and to write its reason.
 */
export async function lastWords(program: RunningProgram): Promise<Ending | undefined> {
  const soon = new Promise<undefined>((resolve) => setTimeout(resolve, LAST_WORDS_WITHIN_MS, undefined));
  const ending = await Promise.race([program.ended.catch(() => undefined), soon]);
  return ending?.exitCode === 0 ? undefined : ending;
}
