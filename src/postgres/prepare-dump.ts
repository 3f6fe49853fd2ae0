import { DIRECTORY_GZIP_LEVEL, DUMP_HEADINGS, type Format } from '../core/archive-format.ts';
import type { PgbakError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Command, Ending } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Database } from './database.ts';
import { type Concern, findOutlook } from './dump-concerns.ts';
import type { Exclusions } from './dump-selection.ts';
import { explainDumpFailure } from './dump-failure.ts';
import { readGlobals } from './globals/read-globals.ts';
import { inspectServer, type ServerFacts } from './inspect-server.ts';
import { adviseMatching, matchVersion } from './match-version.ts';
import { refusePooler } from './refuse-pooler.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';

/** A dump that is ready to start. */
export interface PreparedDump {
  /** Without `snapshotId` the dump takes its own snapshot. A dump of the format `directory` makes `directoryPath`. */
  command: (snapshotId?: string, directoryPath?: string) => Command;
  /** Opens a snapshot, which closes after `limitMs`. */
  openSnapshot: (limitMs: number) => Promise<Snapshot>;
  /** What the dump will lack, and why it may fail. */
  concerns: readonly Concern[];
  explainFailure: (ending: Ending) => PgbakError;
  /** How its output begins. */
  heading: string;
  facts: ServerFacts;
  /** Rough sizes of the largest tables. */
  tableBytes: ReadonlyMap<string, number>;
  /** Roles, tablespaces and the settings of the database, as a script for psql. */
  readGlobals: () => Promise<Secret>;
  /** For people: `PostgreSQL 17.2 with pg_dump 17.4`. */
  summary: string;
}

interface DumpRequest {
  database: Database;
  server: DumpSettings & { name: string; includeGlobals: boolean };
  format: Format;
}

/** Asks the server for its facts, matches a pg_dump to it, and puts the command together. */
export async function prepareDump({ database, server, format }: DumpRequest): Promise<PreparedDump> {
  const asked = await inspectServer(database);
  if (format === 'directory') await refusePooler(database);
  const outlook = await findOutlook(database, server);
  const programs = matchVersion(server.name, asked.version, database.found);
  const advice = adviseMatching(asked.version, programs);
  const facts = { ...asked, databaseFacts: { ...asked.databaseFacts, clientMajor: programs.version.major } };
  return {
    command: (snapshotId, directoryPath) =>
      dumpCommand(
        database,
        programs,
        {
          ...server,
          format,
          encoding: asked.databaseFacts.encoding,
          partitionsWithoutRows: outlook.partitionsWithoutRows,
        },
        { snapshotId, directoryPath },
      ),
    concerns: [...outlook.concerns, ...(advice === undefined ? [] : [advice])],
    openSnapshot: (limitMs) => openSnapshot(database, { ...server, limitMs }),
    explainFailure: (ending) => explainDumpFailure(ending, server.lockWaitSeconds),
    heading: DUMP_HEADINGS[format],
    facts,
    tableBytes: outlook.tableBytes,
    readGlobals: () => readGlobals(database, programs),
    summary: `PostgreSQL ${facts.version.text} with pg_dump ${programs.version.text}`,
  };
}

interface DumpSettings extends Exclusions {
  /** How long pg_dump waits for a table that another session has locked. */
  lockWaitSeconds: number;
  noLargeObjects: boolean;
  /** How many connections dump at once, in the format `directory`. */
  dumpJobs: number;
}

interface DumpFields extends DumpSettings {
  format: Format;
  /** The database's encoding. A role or a database may be set to another one, which may lack characters of the data. */
  encoding: string;
  /** Partitions of tables whose rows are left out, quoted. */
  partitionsWithoutRows: readonly string[];
}

/**
 * The pg_dump command that writes a whole database to its standard output, or into a directory
 * (https://www.postgresql.org/docs/current/app-pgdump.html). It never asks for a password. Its own compression is off,
 * so that 7-Zip gets raw data; not in a directory, whose files it compresses in several processes. `--enable-row-security` is never given: a role that policies limit must fail, not dump
 * only the rows that it sees.
 */
function dumpCommand(
  { connection, connectingEnvironment }: Database,
  programs: ClientPrograms,
  fields: DumpFields,
  { snapshotId, directoryPath }: { snapshotId: string | undefined; directoryPath: string | undefined },
): Command {
  return {
    name: 'pg_dump',
    file: programs.pgDump,
    args: [
      '--no-password',
      '--verbose',
      ...(snapshotId === undefined ? [] : [`--snapshot=${snapshotId}`]),
      `--lock-wait-timeout=${fields.lockWaitSeconds * 1000}`,
      ...formatFlags(fields, directoryPath),
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

function formatFlags({ format, dumpJobs }: DumpFields, directoryPath: string | undefined): string[] {
  switch (format) {
    case 'sql':
      return ['--format=plain'];
    case 'binary':
      return ['--format=custom', '--compress=0'];
    case 'directory':
      if (directoryPath === undefined) throw new Error('a dump into a directory needs its path');
      return [
        '--format=directory',
        `--compress=${DIRECTORY_GZIP_LEVEL}`,
        `--jobs=${dumpJobs}`,
        `--file=${directoryPath}`,
      ];
  }
}
