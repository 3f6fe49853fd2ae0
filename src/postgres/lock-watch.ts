import type { LoadRequest } from './load-dump.ts';
import { queryRows } from './query.ts';

export interface LockWatch {
  /** Who held what the load last waited for, in words. */
  lastSeen(): string | undefined;
  stop(): void;
}

const LOOK_EVERY_MS = 1000;

/**
 * Looks, from a session of its own, whether another one keeps a load waiting
 * (https://www.postgresql.org/docs/current/functions-info.html, pg_blocking_pids), and tells `onWait` who. It asks only
 * while psql takes nothing, so a load that goes on costs no questions.
 */
export function watchLocks(
  { connection, programs, environment, signal, onWait }: LoadRequest,
  processId: () => string | undefined,
  progress: () => number,
): LockWatch {
  const stopped = new AbortController();
  const until = AbortSignal.any([signal, stopped.signal]);
  let seen: string | undefined;
  let isAsking = false;
  let before = -1;
  const look = async () => {
    const pid = processId();
    const now = progress();
    const stands = now === before;
    before = now;
    if (pid === undefined || !stands || isAsking || until.aborted) return;
    isAsking = true;
    try {
      const rows = await queryRows(HOLDERS.replace('PROCESS', pid), connection, [programs], environment, until);
      const holders = rows.map(([words = '']) => words);
      if (holders.length === 0) return;
      const told = `${holders.join(' and ')} ${holders.length === 1 ? 'holds' : 'hold'} a lock that the restore waits for`;
      if (told !== seen && !until.aborted) onWait?.(told);
      seen = told;
    } catch {
      // A server that has no connection to spare is told of by the load itself.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    lastSeen: () => seen,
    stop: () => {
      clearInterval(timer);
      stopped.abort();
    },
  };
}

/** A prepared transaction has no process: it is told by 0. Names are cut and cleared of what a terminal would obey. */
const HOLDERS = `
select case when holder.pid = 0 then
    'a prepared transaction (' || coalesce((
      select pg_catalog.string_agg(pg_catalog.quote_literal(
        pg_catalog.regexp_replace(gid, '[^[:print:]]', '?', 'g')), ', ')
      from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database()), 'unknown') || ')'
  else 'session ' || holder.pid::text || coalesce((
    select pg_catalog.concat(' of role ', pg_catalog.quote_ident(usename), ', ',
      pg_catalog.regexp_replace(application_name, '[^[:print:]]', '?', 'g'), ' ', state, ' since ',
      pg_catalog.date_trunc('second', state_change))
    from pg_catalog.pg_stat_activity as activity where activity.pid = holder.pid), '') end
from pg_catalog.unnest(pg_catalog.pg_blocking_pids(PROCESS)) as holder (pid)
group by holder.pid order by holder.pid`;
