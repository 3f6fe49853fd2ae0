import { DUMP_HEADINGS } from '../core/dump-format.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerFields } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import type { PgbakError } from '../core/errors.ts';
import type { Command, Ending } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import { parseConnection } from './connection.ts';
import { dumpCommand } from './dump-command.ts';
import { findOutlook, type Concern } from './dump-concerns.ts';
import { explainDumpFailure } from './dump-failure.ts';
import { readGlobals } from './globals.ts';
import { inspectServer, type ServerFacts } from './inspect-server.ts';
import { adviseMatching, matchVersion } from './match-version.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';

/** A dump that only has to be started. */
export interface PreparedDump {
  /** In a snapshot that somebody keeps open, or in one of its own. */
  command: (snapshotId?: string) => Command;
  /** Open for no longer than `limitMs`. */
  openSnapshot: (limitMs: number) => Promise<Snapshot>;
  /** What its dumps are going to lack, or fail at. */
  concerns: readonly Concern[];
  explainFailure: (ending: Ending) => PgbakError;
  /** How its output begins. */
  heading: string;
  facts: ServerFacts;
  /** Roles, tablespaces and the settings of the database, as a script for psql. */
  readGlobals: () => Promise<Secret>;
  /** For people: `PostgreSQL 17.2 with pg_dump 17.4`. */
  summary: string;
}

export interface DumpRequest {
  server: Pick<
    ServerFields,
    | 'name'
    | 'includeGlobals'
    | 'excludeTables'
    | 'excludeTableData'
    | 'excludeSchemas'
    | 'lockWaitSeconds'
    | 'noLargeObjects'
  >;
  settings: Pick<ServerSettings, 'connectionString' | 'format'>;
  found: readonly ClientPrograms[];
  environment: ProgramEnvironment;
  signal: AbortSignal;
}

/** Asks the server what it is, matches a pg_dump to it, and puts the command together. */
export async function prepareDump({
  server,
  settings,
  found,
  environment,
  signal,
}: DumpRequest): Promise<PreparedDump> {
  const connection = parseConnection(settings.connectionString);
  const asked = await inspectServer(connection, found, environment, signal);
  const outlook = await findOutlook(connection, server, found, environment, signal);
  const programs = matchVersion(server.name, asked.version, found);
  const advice = adviseMatching(asked.version, programs);
  const facts = { ...asked, databaseFacts: { ...asked.databaseFacts, clientMajor: programs.version.major } };
  return {
    command: (snapshotId) =>
      dumpCommand(
        connection,
        programs,
        {
          ...server,
          format: settings.format,
          encoding: asked.databaseFacts.encoding,
          partitionsWithoutRows: outlook.partitionsWithoutRows,
        },
        environment,
        snapshotId,
      ),
    concerns: [...outlook.concerns, ...(advice === undefined ? [] : [advice])],
    openSnapshot: (limitMs) => openSnapshot(connection, { ...server, limitMs }, found, environment, signal),
    explainFailure: (ending) => explainDumpFailure(ending, server.lockWaitSeconds),
    heading: DUMP_HEADINGS[settings.format],
    facts,
    readGlobals: () => readGlobals({ connection, programs, found, environment, signal }),
    summary: `PostgreSQL ${facts.version.text} with pg_dump ${programs.version.text}`,
  };
}
