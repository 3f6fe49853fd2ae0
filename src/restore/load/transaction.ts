import { randomBytes } from 'node:crypto';
import { beginSafely } from '../../postgres/psql-session.ts';
import type { Version } from '../../postgres/client-programs.ts';
import { limitTo } from '../../system/clock.ts';
import type { LoadRequest } from './loader.ts';
import { askingOf } from './loader.ts';

/** The lines around a dump that make psql load it in one transaction. */
interface TransactionScript {
  begin: string;
  commit: string;
  /** Takes psql's output, line by line. */
  read: (line: string) => void;
  /** The server process that loads; undefined before psql has printed it. */
  processId: () => string | undefined;
  transactionId: () => string | undefined;
  isCommitted: () => boolean;
}

/** First minor versions whose psql runs no command between `\restrict` and `\unrestrict` (CVE-2025-8714). */
const RESTRICTED_SINCE: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

/** Settings that a dump must be read with, instead of those of the role or the database. */
export const READING_SETTINGS = {
  array_nulls: 'on',
  transform_null_equals: 'off',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
} as const;

function canRestrict({ major, text }: Version): boolean {
  if (major >= 18) return true;
  const since = RESTRICTED_SINCE[major];
  const minor = Number(/^\d+\.(\d+)/.exec(text)?.[1] ?? 0);
  return since !== undefined && minor >= since;
}

/**
 * psql's `--single-transaction` commits at the end of its input, even if the input was cut off. A broken dump left
 * 121,165 of 200,000 rows, and so did a killed pgbak. So the input itself begins and commits the transaction: if the
 * input ends before the COMMIT, everything is undone.
 *
 * Settings of the role or the database must neither end the transaction nor change the meaning of a dump. The settings
 * made here hold for the transaction alone (https://www.postgresql.org/docs/current/runtime-config-client.html).
 */
export function transactionScript(psql: Version, lockWaitSeconds: number): TransactionScript {
  const word = randomBytes(16).toString('hex');
  const isRestricted = canRestrict(psql);
  const settings = {
    lock_timeout: String(lockWaitSeconds * 1000),
    ...READING_SETTINGS,
    // pgbak recognizes failures by their English words, too. Only some roles may ask for them.
    lc_messages: 'C',
  };
  const values = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`);
  let ids: RegExpExecArray | null = null;
  let isCommitted = false;
  return {
    begin: [
      beginSafely('read write'),
      `SELECT pg_catalog.set_config(wanted.name, wanted.value, true) FROM (VALUES ${values.join(', ')}) AS wanted (name, value)`,
      "  JOIN pg_catalog.pg_settings ON pg_settings.name = wanted.name AND (context = 'user'",
      '    OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user));',
      'SELECT pg_catalog.pg_backend_pid() AS pgbak_process, pg_catalog.txid_current() AS pgbak_transaction \\gset',
      `\\echo ${word} :pgbak_process :pgbak_transaction`,
      ...(isRestricted ? [`\\restrict ${word}`] : []),
      '',
    ].join('\n'),
    commit: `\n${isRestricted ? `\\unrestrict ${word}\n` : ''}COMMIT;\n\\echo ${word} committed\n`,
    read: (line) => {
      ids ??= new RegExp(`^${word} (\\d+) (\\d+)$`).exec(line);
      if (line === `${word} committed`) isCommitted = true;
    },
    processId: () => ids?.[1],
    transactionId: () => ids?.[2],
    isCommitted: () => isCommitted,
  };
}

const ASK_WITHIN_MS = 60_000;
const AGAIN_AFTER_MS = 1000;
/** After the user stopped a load, pgbak waits no longer than this for the server. */
const END_WITHIN_MS = 10_000;

interface OwnTransaction {
  /** Undefined until psql has printed it. */
  transactionId: () => string | undefined;
  processId: () => string | undefined;
}

/**
 * Asks for the outcome of a transaction whose connection was lost
 * (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT, txid_status). It asks for a
 * minute: a crashed server must come back first, and a running one must notice that the client is gone.
 *
 * A server notices only at the end of a statement, and keeps all locks until then. So where the user has stopped the
 * load, the session is terminated too. It is found by its transaction, because another session may have its process
 * number by now.
 */
export async function fateOf(
  { transactionId, processId }: OwnTransaction,
  request: LoadRequest,
): Promise<'committed' | 'aborted' | 'unknown'> {
  const id = transactionId();
  // It had not begun.
  if (id === undefined) return 'aborted';
  const isStopped = request.database.signal.aborted;
  using limit = limitTo(isStopped ? END_WITHIN_MS : ASK_WITHIN_MS);
  const { ask } = askingOf(request).with({ signal: limit.signal });
  const end = `(select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
    where pid = ${processId()} and backend_xid::pg_catalog.text = (${id} % 4294967296)::pg_catalog.text)`;
  const query = `select pg_catalog.txid_status(${id})${isStopped ? `, ${end}` : ''}`;
  while (!limit.signal.aborted) {
    const [row] = await ask(query).catch(() => []);
    if (row?.[0] === 'committed' || row?.[0] === 'aborted') return row[0];
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
  return 'unknown';
}
