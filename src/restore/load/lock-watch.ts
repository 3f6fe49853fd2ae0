import { ProgramError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { LoadRequest } from './loader.ts';
import { askingOf } from './loader.ts';

interface LockWatch {
  /** For people: the session that held the lock for which the load last waited. */
  lastSeen(): string | undefined;
  /** For how long the load has been waiting. */
  waitedSeconds(): number;
  stop(): void;
}

export const DEFAULT_LOCK_WAIT_SECONDS = 600;
const LOOK_EVERY_MS = 1000;

/** The error of a load that waited for a lock up to its limit. */
export function waitedTooLong(message: string, locks: LockWatch, lockWaitSeconds: number, raw?: Secret): ProgramError {
  return new ProgramError(
    `${message} (${locks.lastSeen() ?? 'another session held a lock that the restore needs'})`,
    `The restore waited ${lockWaitSeconds} seconds. End that session, or wait longer: --lock-wait-sec SECONDS`,
    raw,
  );
}

/**
 * Checks, from a session of its own, whether another session blocks the load
 * (https://www.postgresql.org/docs/current/functions-info.html, pg_blocking_pids), and reports that session to
 * `onWait`. It asks only while `progress` stands still, so a load that advances costs no queries.
 *
 * @param sessions A query for the process numbers of the load; undefined while they are not known.
 */
export function watchLocks(
  request: LoadRequest,
  sessions: () => string | undefined,
  progress: () => number,
): LockWatch {
  const stopped = new AbortController();
  const until = AbortSignal.any([request.database.signal, stopped.signal]);
  const asking = askingOf(request).with({ signal: until });
  let seen: string | undefined;
  let waitingSince: number | undefined;
  let isAsking = false;
  let before = -1;
  const look = async () => {
    const loading = sessions();
    const now = progress();
    const stands = now === before;
    before = now;
    if (!stands) waitingSince = undefined;
    if (loading === undefined || !stands || isAsking || until.aborted) return;
    isAsking = true;
    try {
      const query = HOLDERS.replace('SESSIONS', () => loading);
      const rows = await asking.ask(query);
      const holders = rows.map(([words = '']) => words);
      waitingSince = holders.length === 0 ? undefined : (waitingSince ?? performance.now());
      if (holders.length === 0) return;
      const told = `${holders.join(' and ')} ${holders.length === 1 ? 'holds' : 'hold'} a lock that the restore waits for`;
      if (told !== seen && !until.aborted) request.onWait?.(told);
      seen = told;
    } catch {
      // Where the server has no free connection, the load itself reports it.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    lastSeen: () => seen,
    waitedSeconds: () => (waitingSince === undefined ? 0 : (performance.now() - waitingSince) / 1000),
    stop: () => {
      clearInterval(timer);
      stopped.abort();
    },
  };
}

/**
 * pg_blocking_pids reports a prepared transaction, which has no process, as 0. Names are cleared of control characters,
 * which a terminal would obey. State and time are null for a role that may not see them.
 */
const HOLDERS = `
with loading (pid) as (SESSIONS)
select case when holder.pid = 0 then
    'a prepared transaction (' || coalesce((
      select pg_catalog.string_agg(pg_catalog.quote_literal(
        pg_catalog.regexp_replace(gid, '[^[:print:]]', '?', 'g')), ', ')
      from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database()), 'unknown') || ')'
  else 'session ' || holder.pid::text || coalesce((
    select pg_catalog.concat(' of role ', pg_catalog.quote_ident(usename), ', ',
      pg_catalog.regexp_replace(application_name, '[^[:print:]]', '?', 'g'),
      ' ' || state || ' since ' || pg_catalog.date_trunc('second', state_change)::text)
    from pg_catalog.pg_stat_activity as activity where activity.pid = holder.pid), '') end
from loading, pg_catalog.unnest(pg_catalog.pg_blocking_pids(loading.pid)) as holder (pid)
where not exists (select from loading as own where own.pid = holder.pid)
group by holder.pid order by holder.pid`;
