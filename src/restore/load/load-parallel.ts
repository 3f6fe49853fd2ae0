import { randomBytes } from 'node:crypto';
import { startProgram } from '../../system/programs.ts';
import { connectionAs } from '../../postgres/connection.ts';
import type { LoadRequest } from './loader.ts';
import { explainLoadFailure } from '../../postgres/load-failure.ts';
import { READING_SETTINGS } from './transaction.ts';
import { DEFAULT_LOCK_WAIT_SECONDS, waitedTooLong, watchLocks } from './lock-watch.ts';
import { askingOf } from './loader.ts';
import { partFlags, pgRestore } from './load-binary.ts';
import { quoteLiteral } from '../../postgres/quote.ts';

const OUTCOME = 'a part of the dump may have been restored';
const LOOK_EVERY_MS = 500;

/**
 * Loads a binary dump from a file over several connections. pg_restore turns off time limits in each of them, even the
 * limit for locks. So pgbak stops it when one of them has waited too long.
 */
export async function loadInParallel(request: LoadRequest, path: string, jobs: number): Promise<void> {
  const { database, lockWaitSeconds = DEFAULT_LOCK_WAIT_SECONDS } = request;
  const { signal } = database;
  const application = `pgbak restore ${randomBytes(8).toString('hex')}`;
  const { connection, connectingEnvironment } = database.with({
    connection: connectionAs(database.connection, application),
  });
  const args = [
    '-w',
    `--jobs=${jobs}`,
    '--exit-on-error',
    `--dbname=${connection.conninfo}`,
    ...partFlags(request),
    path,
  ];
  const env = { ...connectingEnvironment, ...(await readingOptions(request)) };
  const running = startProgram(pgRestore(request, args, env), { signal });
  const sessions = `select pid from pg_catalog.pg_stat_activity where application_name = ${quoteLiteral(application)}`;
  const locks = watchLocks(
    request,
    () => sessions,
    () => 0,
  );
  let waitedInVain = false;
  const limit = setInterval(() => {
    if (locks.waitedSeconds() < lockWaitSeconds) return;
    waitedInVain = true;
    void running.stop();
  }, LOOK_EVERY_MS);
  const ending = await running.ended.finally(() => {
    clearInterval(limit);
    locks.stop();
  });
  signal.throwIfAborted();
  if (ending.exitCode === 0) return;
  if (waitedInVain) throw waitedTooLong(`pg_restore was stopped, and ${OUTCOME}`, locks, lockWaitSeconds);
  throw explainLoadFailure('pg_restore', ending, OUTCOME);
}

/** Sets only what differs at the target, because poolers refuse options. */
async function readingOptions(request: LoadRequest): Promise<{ PGOPTIONS?: string }> {
  // pg_restore turns off all time limits but idle_session_timeout.
  const wanted = { default_transaction_read_only: 'off', idle_session_timeout: '0', ...READING_SETTINGS };
  const query = `select name, reset_val from pg_catalog.pg_settings
    where name in (${Object.keys(wanted).map(quoteLiteral).join(', ')})`;
  const rows = await askingOf(request).ask(query);
  const known = new Map(rows.map(([name, value = '']) => [name, value.split(',')[0]]));
  const others = Object.entries(wanted).filter(([name, value]) => known.has(name) && known.get(name) !== value);
  if (others.length === 0) return {};
  const { PGOPTIONS: given } = request.database.environment;
  const options = others.map(([name, value]) => `-c ${name}=${value}`);
  return { PGOPTIONS: [...(typeof given === 'string' ? [given] : []), ...options].join(' ') };
}
