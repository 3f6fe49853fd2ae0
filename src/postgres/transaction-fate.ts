import type { LoadRequest } from './load-dump.ts';
import { queryRows } from './query.ts';

const ASK_WITHIN_MS = 60_000;
const AGAIN_AFTER_MS = 1000;

/**
 * What became of a transaction whose connection was lost
 * (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT, txid_status), asked for a minute:
 * a server that fell over has to come back first, and one that only lost the client has to notice.
 */
export async function fateOf(
  transactionId: string | undefined,
  { connection, programs, environment }: Pick<LoadRequest, 'connection' | 'programs' | 'environment'>,
): Promise<'committed' | 'aborted' | 'unknown'> {
  // It had not even begun.
  if (transactionId === undefined) return 'aborted';
  const until = AbortSignal.timeout(ASK_WITHIN_MS);
  const query = `select pg_catalog.txid_status(${transactionId})`;
  while (!until.aborted) {
    const [row] = await queryRows(query, connection, [programs], environment, until).catch(() => []);
    if (row?.[0] === 'committed' || row?.[0] === 'aborted') return row[0];
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
  return 'unknown';
}
