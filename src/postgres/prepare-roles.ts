import { ROLES_HEADING } from '../core/archive-format.ts';
import { ProgramError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { readRoles } from './globals/read-globals.ts';
import { inspectServer } from './inspect-server.ts';
import { matchVersion } from './match-version.ts';
import type { PreparedDump } from './prepare-dump.ts';

/**
 * Prepares the dump of what the databases of a cluster share: roles, their settings, and tablespaces. Reads all of it once, so that
 * what stands in the way is known before the archive is begun.
 */
export async function prepareRoles(database: Database, name: string): Promise<PreparedDump> {
  const asked = await inspectServer(database);
  const programs = matchVersion(name, asked.version, database.found);
  const { command, hasPasswords } = await readRoles(database, programs);
  const databaseFacts = { ...asked.databaseFacts, clientMajor: programs.version.major };
  return {
    command: () => command,
    openSnapshot: () => Promise.reject(new Error('roles have no rows to count')),
    concerns: hasPasswords ? [] : [WITHOUT_PASSWORDS],
    explainFailure: ({ stderrTail }) => new ProgramError(`cannot read the roles: ${stderrTail.trim()}`),
    heading: ROLES_HEADING,
    facts: { ...asked, databaseFacts, tableCount: 0, roles: [] },
    tableBytes: new Map(),
    readGlobals: () => Promise.reject(new Error('roles are accompanied by nothing')),
    summary: `roles of PostgreSQL ${asked.version.text} with pg_dumpall ${programs.version.text}`,
  };
}

const WITHOUT_PASSWORDS = {
  level: 'warning',
  message: 'the role cannot read the passwords of roles (pg_authid), so the backup of the cluster lacks them',
  hint: 'Roles that a restore creates cannot log in until they get a password. Dump as a superuser, or keep the passwords elsewhere.',
} as const;
