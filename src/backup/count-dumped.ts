import type { RowCounts } from '../config/backup-record.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { describeFailure } from './describe-failure.ts';

export interface DumpedRows {
  /** Takes note of a line of pg_dump --verbose, which names each table whose rows it dumps. */
  sawLine(line: string): void;
  /** The rows of the tables that were dumped; undefined where they could not be counted. */
  counts(): Promise<RowCounts | undefined>;
}

/**
 * Counts a snapshot's rows while it is dumped. Tables whose rows the server's exclusions leave out are left out here as
 * well. A count that fails is a warning: the dump is none the worse for it.
 */
export function countDumped(snapshot: Snapshot, warn: (message: string) => void): DumpedRows {
  const dumped = new Set<string>();
  const counting = snapshot.countRows();
  counting.catch(() => {});
  return {
    sawLine: (line) => {
      const table = /dumping contents of table "?(.+?)"?$/.exec(line)?.[1];
      if (table !== undefined) dumped.add(table.replaceAll('"."', '.'));
    },
    counts: async () => {
      try {
        return Object.fromEntries(Object.entries(await counting).filter(([table]) => dumped.has(table)));
      } catch (error) {
        warn(`the rows could not be counted: ${describeFailure(error, undefined).message}`);
        return undefined;
      }
    },
  };
}
