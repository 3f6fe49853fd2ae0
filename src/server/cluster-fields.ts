import { checkDatabasePatterns } from '../postgres/cluster-databases.ts';
import { yesOrNo } from './field-kinds.ts';
import { DUMPED } from './flag-groups.ts';
import { parsedList } from './list-kinds.ts';

function databasePatterns<const Flag extends string, const Column extends string>(
  flag: Flag,
  column: Column,
  help: string,
) {
  const facts = { flag, column, help, helpNote: ' (repeatable)', helpGroup: DUMPED, helpValue: 'PATTERN' } as const;
  return parsedList({ ...facts, triedAt: 'database' }, checkDatabasePatterns);
}

/** What makes a server a whole cluster, and which of its databases are backed up. */
export const CLUSTER_FIELDS = {
  allDatabases: yesOrNo({
    flag: 'all-databases',
    helpGroup: DUMPED,
    help: 'back up every database of the cluster, each in an archive of its own, and its roles',
    triedAt: 'database',
  }),
  /** Patterns as pg_dumpall takes them, as the next one. Without any, every database counts. */
  includeDatabases: databasePatterns(
    'include-database',
    'include_databases',
    'with --all-databases: only these databases',
  ),
  excludeDatabases: databasePatterns(
    'exclude-database',
    'exclude_databases',
    'with --all-databases: not these databases',
  ),
};
