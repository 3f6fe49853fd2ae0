import { SETTINGS_HEADING } from '../../core/dump-format.ts';
import { ProgramError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { runProgram } from '../../system/programs.ts';
import type { ClientPrograms } from '../client-programs.ts';
import type { Database } from '../database.ts';
import { explainLoadFailure } from '../load-failure.ts';
import { SET_SAFELY } from '../psql-session.ts';
import { judgeGlobals } from './judge-globals.ts';

/** Where roles and settings are made. */
interface GlobalsTarget {
  database: Database;
  programs: ClientPrograms;
  /** How long a statement waits for a lock of another session. */
  lockWaitSeconds: number;
}

const TIMEOUT_MS = 120_000;

/**
 * Makes the roles and tablespaces of a script that the target does not have. Those that it has stay as they are, their
 * passwords and rights above all. Roles are made in one transaction, since one that was begun would pass for one that is
 * there when it is tried again; a tablespace cannot be made in any.
 *
 * @throws ArchiveError before anything is run, where the script or the settings behind it are not pg_dumpall's
 */
export async function loadRoles(globals: Secret, target: GlobalsTarget): Promise<void> {
  const { hasBackslashes } = judgeGlobals(globals.reveal());
  const [script = ''] = globals.reveal().split(SETTINGS_HEADING);
  const names = 'select rolname from pg_catalog.pg_roles union all select spcname from pg_catalog.pg_tablespace';
  // In the script's own encoding, so that the same name is the same bytes.
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
  await runScript(
    `BEGIN;\n${roles}\nCOMMIT;\n`,
    target,
    'the roles of the backup could not be made, and nothing was changed or restored',
  );
  // With the settings that say how the script is to be read.
  const isSetting = (statement: string) => withoutComments(statement).startsWith('SET ');
  await runScript(
    missing.filter((statement) => isTablespace(statement) || isSetting(statement)).join(''),
    target,
    'the roles of the backup are there now and stay, a tablespace could not be made, and nothing was restored',
  );
}

/** Not asked of the server: with quote_all_identifiers it quotes what pg_dumpall does not. */
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
  const { exitCode, stderrTail } = await runProgram(command, {
    signal: database.signal,
    timeoutMs: TIMEOUT_MS + lockWaitSeconds * 1000,
    input: new Secret(`${SET_SAFELY}set lock_timeout = ${lockWaitSeconds * 1000};\n${script}`),
  });
  if (exitCode !== 0) throw explainLoadFailure('psql', stderrTail, outcome);
}

/** A text in which a backslash takes the next character as it is. */
const WITH_BACKSLASHES = String.raw`'(?:[^'\\]|\\[\s\S]|'')*'`;

/**
 * Takes a script apart into its statements, each with what stands before it, so that their sequence is the script. Knows
 * what pg_dumpall writes: quoted names and texts, escape strings, `--` comments, and psql's own lines.
 *
 * @param hasBackslashes Whether a backslash means something in texts without an `E`, too.
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
