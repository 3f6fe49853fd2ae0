import type { ServerFields } from '../server/server.ts';
import type { Command } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Database } from './database.ts';

export type DumpFields = Pick<
  ServerFields,
  'format' | 'excludeTables' | 'excludeTableData' | 'excludeSchemas' | 'lockWaitSeconds' | 'noLargeObjects'
> & {
  /** Of the database. A role or a database may be set to another, which may lack characters that the data holds. */
  encoding: string;
  /** Partitions of tables whose rows are left out, quoted. */
  partitionsWithoutRows: readonly string[];
};

/**
 * The pg_dump that writes a whole database to its standard output
 * (https://www.postgresql.org/docs/current/app-pgdump.html). It never asks for a password, and its own compression is
 * off, so that 7-Zip sees raw data. `--enable-row-security` is never given: a role that policies limit must fail, not
 * dump the rows it happens to see.
 */
export function dumpCommand(
  { connection, connectingEnvironment }: Database,
  programs: ClientPrograms,
  fields: DumpFields,
  snapshotId?: string,
): Command {
  return {
    name: 'pg_dump',
    file: programs.pgDump,
    args: [
      '--no-password',
      '--verbose',
      ...(snapshotId === undefined ? [] : [`--snapshot=${snapshotId}`]),
      `--lock-wait-timeout=${fields.lockWaitSeconds * 1000}`,
      ...(fields.format === 'sql' ? ['--format=plain'] : ['--format=custom', '--compress=0']),
      ...fields.excludeSchemas.map((pattern) => `--exclude-schema=${pattern}`),
      ...fields.excludeTables.map((pattern) => `--exclude-table=${pattern}`),
      ...[...fields.excludeTableData, ...fields.partitionsWithoutRows].map(
        (pattern) => `--exclude-table-data=${pattern}`,
      ),
      ...(fields.noLargeObjects ? [programs.version.major < 16 ? '--no-blobs' : '--no-large-objects'] : []),
      `--encoding=${fields.encoding}`,
      `--dbname=${connection.conninfo}`,
    ],
    env: connectingEnvironment,
  };
}
