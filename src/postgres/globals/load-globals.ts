import { SETTINGS_HEADING } from '../../core/archive-format.ts';
import { ProgramError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { runProgram } from '../../system/programs.ts';
import type { ClientPrograms } from '../client-programs.ts';
import type { Database } from '../database.ts';
import { explainLoadFailure } from '../load-failure.ts';
import { SET_SAFELY } from '../psql-session.ts';
import { judgeGlobals } from './judge-globals.ts';

/** The server that gets the roles and settings. */
interface GlobalsTarget {
  database: Database;
  programs: ClientPrograms;
  /** How long a statement waits for a lock that another session holds. */
  lockWaitSeconds: number;
}

const TIMEOUT_MS = 120_000;

/**
 * Creates the roles and tablespaces of a script that the target lacks. Existing ones stay unchanged, above all their
 * passwords and rights.
 *
 * All roles are created in one transaction: a retry would take a half-made role for an existing one. A tablespace
 * cannot be created in a transaction.
 *
 * @throws ArchiveError before anything runs, where pg_dumpall did not write the script, or pgbak the settings after it
 */
export async function loadRoles(globals: Secret, target: GlobalsTarget): Promise<void> {
  const { roles, tablespaces } = await missingStatements(globals, target);
  await createRoles(roles, target);
  await runScript(
    tablespaces,
    target,
    'a tablespace could not be created, and nothing was restored (the roles of the backup were created)',
  );
}

/** Creates the roles of a script in a throwaway server, whose machine lacks the directories of tablespaces. Returns how many. */
export async function createAllRoles(globals: Secret, target: GlobalsTarget): Promise<number> {
  const { roles } = await missingStatements(globals, target);
  await createRoles(roles, target);
  return roles.match(/^CREATE ROLE /gm)?.length ?? 0;
}

async function createRoles(roles: string, target: GlobalsTarget): Promise<void> {
  await runScript(
    `BEGIN;\n${roles}\nCOMMIT;\n`,
    target,
    'the roles of the backup could not be created, and nothing was changed or restored',
  );
}

/** The statements of a script that make what a server lacks. */
async function missingStatements(
  globals: Secret,
  target: GlobalsTarget,
): Promise<{ roles: string; tablespaces: string }> {
  const { hasBackslashes } = judgeGlobals(globals.reveal());
  const [script = ''] = globals.reveal().split(SETTINGS_HEADING);
  const names = 'select rolname from pg_catalog.pg_roles union all select spcname from pg_catalog.pg_tablespace';
  // In the script's own encoding, so that equal names are equal bytes.
  const encoding = /^SET client_encoding = '(\w+)';$/m.exec(script)?.[1] ?? 'UTF8';
  const query = `select pg_catalog.set_config('client_encoding', '${encoding}', true) \\g /dev/null\n${names}`;
  const rows = await target.database.ask(query);
  const existing = new Set(rows.map(([name = '']) => name));
  const missing = splitStatements(script, hasBackslashes).filter((statement) => {
    const name = /^(?:CREATE|ALTER) (?:ROLE|TABLESPACE) ("(?:[^"]|"")*"|[^\s;]+)/.exec(withoutComments(statement))?.[1];
    return name === undefined || !existing.has(unquoted(name));
  });
  const isTablespace = (statement: string) =>
    /^(?:(?:CREATE|ALTER|COMMENT ON) TABLESPACE|(?:GRANT|REVOKE) [^;]*? ON TABLESPACE) /.test(
      withoutComments(statement),
    );
  const roles = missing.filter((statement) => !isTablespace(statement)).join('');
  // Keep the settings that tell how psql reads the script.
  const isSetting = (statement: string) => withoutComments(statement).startsWith('SET ');
  return {
    roles,
    tablespaces: missing.filter((statement) => isTablespace(statement) || isSetting(statement)).join(''),
  };
}

/** Plain names are compared: with quote_all_identifiers the server quotes names that pg_dumpall does not. */
function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** Gives the database the owner, comment, privileges and settings that a script of globals holds. */
export async function loadSettings(globals: Secret, target: GlobalsTarget, name: string): Promise<void> {
  const [, script = ''] = globals.reveal().split(SETTINGS_HEADING);
  await runScript(script, target, 'the dump was restored, but not the settings of the database', name);
}

async function runScript(
  script: string,
  { database, programs, lockWaitSeconds }: GlobalsTarget,
  outcome: string,
  name?: string,
): Promise<void> {
  if (programs.psql === undefined) throw new ProgramError('psql was not found beside pg_dump');
  const variable = name === undefined ? [] : ['-v', `database=${name}`];
  const command = database.psql(variable, programs.psql);
  const ending = await runProgram(command, {
    signal: database.signal,
    timeoutMs: TIMEOUT_MS + lockWaitSeconds * 1000,
    input: new Secret(`${SET_SAFELY}set lock_timeout = ${lockWaitSeconds * 1000};\n${script}`),
  });
  if (ending.exitCode !== 0) throw explainLoadFailure('psql', ending, outcome);
}

/** A text in which a backslash escapes the next character. */
const WITH_BACKSLASHES = String.raw`'(?:[^'\\]|\\[\s\S]|'')*'`;

/**
 * Splits a script into statements. Each includes the text before it, so that all of them together are the script again.
 * Knows what pg_dumpall writes: quoted names and texts, escape strings, `--` comments, and psql's own lines.
 *
 * @param hasBackslashes Whether a backslash escapes even in a text without an `E`
 */
function splitStatements(script: string, hasBackslashes: boolean): string[] {
  const statements: string[] = [];
  let start = 0;
  const texts = hasBackslashes ? WITH_BACKSLASHES : `[eE]${WITH_BACKSLASHES}|'(?:[^']|'')*'`;
  const token = new RegExp(String.raw`--[^\n]*\n?|${texts}|"(?:[^"]|"")*"|;[^\S\n]*\n?|\\[^\n]*\n`, 'g');
  for (const match of script.matchAll(token)) {
    if (!/^[;\\]/.test(match[0])) continue;
    const end = match.index + match[0].length;
    statements.push(script.slice(start, end));
    start = end;
  }
  return [...statements, script.slice(start)].filter((statement) => statement !== '');
}

/** A statement without the comments and empty lines before it. */
function withoutComments(statement: string): string {
  return statement.replace(/^(?:\s+|--[^\n]*\n)+/, '');
}
