import { DUMP_HEADINGS, type Format } from '../core/dump-format.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerFields } from '../server/server.ts';
import type { PgbakError } from '../core/errors.ts';
import type { Command, Ending } from '../system/programs.ts';
import type { Database } from './database.ts';
import { dumpCommand } from './dump-command.ts';
import { findOutlook, type Concern } from './dump-concerns.ts';
import { explainDumpFailure } from './dump-failure.ts';
import { readGlobals } from './globals.ts';
import { inspectServer, type ServerFacts } from './inspect-server.ts';
import { adviseMatching, matchVersion } from './match-version.ts';
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
  database: Database;
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
  format: Format;
}

/** Asks the server what it is, matches a pg_dump to it, and puts the command together. */
export async function prepareDump({ database, server, format }: DumpRequest): Promise<PreparedDump> {
  const asked = await inspectServer(database);
  const outlook = await findOutlook(database, server);
  const programs = matchVersion(server.name, asked.version, database.found);
  const advice = adviseMatching(asked.version, programs);
  const facts = { ...asked, databaseFacts: { ...asked.databaseFacts, clientMajor: programs.version.major } };
  return {
    command: (snapshotId) =>
      dumpCommand(
        database,
        programs,
        {
          ...server,
          format,
          encoding: asked.databaseFacts.encoding,
          partitionsWithoutRows: outlook.partitionsWithoutRows,
        },
        snapshotId,
      ),
    concerns: [...outlook.concerns, ...(advice === undefined ? [] : [advice])],
    openSnapshot: (limitMs) => openSnapshot(database, { ...server, limitMs }),
    explainFailure: (ending) => explainDumpFailure(ending, server.lockWaitSeconds),
    heading: DUMP_HEADINGS[format],
    facts,
    readGlobals: () => readGlobals(database, programs),
    summary: `PostgreSQL ${facts.version.text} with pg_dump ${programs.version.text}`,
  };
}
