import { limitTo } from '../system/clock.ts';
import type { LoadRequest } from './load-dump.ts';
import { askingOf } from './pg-restore.ts';

const ASK_WITHIN_MS = 60_000;
const AGAIN_AFTER_MS = 1000;
/** One who stopped a load waits no longer for the server than this. */
const END_WITHIN_MS = 10_000;

export interface OwnTransaction {
  /** Undefined until the server has told them. */
  transactionId: () => string | undefined;
  processId: () => string | undefined;
}

/**
 * What became of a transaction whose connection was lost
 * (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT, txid_status), asked for a minute:
 * a server that fell over has to come back first, and one that only lost the client has to notice.
 *
 * A server that is in the middle of a statement notices only at its end, and keeps all locks until then. So where the user
 * has stopped the load, the session is ended, too: that of this transaction, not one that has got its number since.
 */
export async function fateOf(
  { transactionId, processId }: OwnTransaction,
  request: LoadRequest,
): Promise<'committed' | 'aborted' | 'unknown'> {
  const id = transactionId();
  // It had not even begun.
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
