import type { RowCounts } from '../core/backup-record.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { describeFailure } from '../core/failure.ts';
import { tableInDumpLine } from '../core/dump-format.ts';

interface DumpedRows {
  /** Reads a line of pg_dump --verbose, which names each table whose rows it dumps. */
  sawLine(line: string): void;
  /** The rows of the tables that were dumped; undefined where they could not be counted. */
  counts(): Promise<RowCounts | undefined>;
}

/** With this line pg_dump --verbose is about to lock tables; at its next line it holds the locks. */
const LOCKS_TABLES = /\breading user-defined tables\b/;

/**
 * Counts the rows of a snapshot during its dump. Counting begins when pg_dump has locked its tables: pg_dump has imported
 * the snapshot by then, so a count that fails cannot end it, and no session can drop or rename a table. Tables whose rows
 * were not dumped are left out. A count that fails is a warning and leaves the dump alone.
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
      const table = tableInDumpLine(line);
      if (table !== undefined) dumped.add(table);
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
