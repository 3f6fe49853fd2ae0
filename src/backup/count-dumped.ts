import type { RowCounts } from '../core/backup-record.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { describeFailure } from '../core/failure.ts';

export interface DumpedRows {
  /** Takes note of a line of pg_dump --verbose, which names each table whose rows it dumps. */
  sawLine(line: string): void;
  /** The rows of the tables that were dumped; undefined where they could not be counted. */
  counts(): Promise<RowCounts | undefined>;
}

/** pg_dump --verbose is about to lock tables, and from its next line on holds these locks. */
const LOCKS_TABLES = /\breading user-defined tables\b/;

/**
 * Counts a snapshot's rows while it is dumped. It begins once pg_dump has locked its tables: by then pg_dump has the
 * snapshot, so that a count that fails cannot take it away, and no session can drop or rename a table any more. Tables whose
 * rows were not dumped are left out. A count that fails is a warning: the dump is none the worse for it.
 */
export function countDumped(snapshot: Snapshot, warn: (message: string) => void): DumpedRows {
  const dumped = new Set<string>();
  let counting: Promise<RowCounts> | undefined;
  let isAboutToLock = false;
  const begin = () => {
    counting ??= snapshot.countRows();
    counting.catch(() => {});
    return counting;
  };
  return {
    sawLine: (line) => {
      if (isAboutToLock) void begin();
      isAboutToLock ||= LOCKS_TABLES.test(line);
      const table = /dumping contents of table "?(.+?)"?$/.exec(line)?.[1];
      if (table !== undefined) dumped.add(table.replaceAll('"."', '.'));
    },
    counts: async () => {
      try {
        return Object.fromEntries(Object.entries(await begin()).filter(([table]) => dumped.has(table)));
      } catch (error) {
        warn(`the rows could not be counted: ${describeFailure(error).message}`);
        return undefined;
      }
    },
  };
}
