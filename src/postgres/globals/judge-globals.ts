import { SETTINGS_HEADING } from '../../core/archive-format.ts';
import { ArchiveError } from '../../core/errors.ts';

/**
 * Statements that pg_dumpall writes for roles and tablespaces (dumpRoles and others in src/bin/pg_dump/pg_dumpall.c).
 */
const OF_A_SERVER =
  /^(?:(?:CREATE|ALTER) (?:ROLE|TABLESPACE) |COMMENT ON (?:ROLE|TABLESPACE) |(?:GRANT|REVOKE) |SECURITY LABEL )/;
/** Statements that pgbak writes for the database itself. */
const OF_THE_DATABASE =
  /^(?:ALTER DATABASE :"database" |COMMENT ON DATABASE :"database" |(?:GRANT|REVOKE) [A-Z]+ ON DATABASE :"database" |ALTER ROLE (?:"(?:[^"]|"")*"|\S+) IN DATABASE :"database" )/;
/**
 * Settings at the beginning of a script. They may name only encodings of servers. In an encoding that only clients may
 * have, a backslash or a quote can be half of a letter, and psql would not read the script that was judged
 * (https://www.postgresql.org/docs/current/multibyte.html#MULTIBYTE-CHARSET-SUPPORTED).
 */
const SETTING =
  /^SET (?:default_transaction_read_only = off|standard_conforming_strings = (?:on|off)|escape_string_warning = off|client_encoding = '(?:UTF8|SQL_ASCII|MULE_INTERNAL|LATIN\d+|ISO_8859_\d|WIN(?:866|874|125\d)|KOI8[RU]|EUC_\w+)');$/;

/** Written where a server or a role has the text syntax of before PostgreSQL 9.1: a backslash escapes in every text. */
const BACKSLASHES = 'SET standard_conforming_strings = off;';

const TOKENS =
  /(?<space>[ \t\n]+|--[^\n\r]*)|(?<text>E'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*')|(?<name>"(?:[^"]|"")*")|(?<database>:"database")|(?<command>\\(?:un)?restrict [A-Za-z0-9]+(?=\n))|(?<end>;)|(?<word>[\w\u0080-\u00FF]+)|(?<sign>[(),.=+-])/y;

const TOKENS_WITH_BACKSLASHES = new RegExp(
  TOKENS.source.replace("'(?:[^']|'')*'", String.raw`'(?:[^'\\]|\\[\s\S]|'')*'`),
  'y',
);

/**
 * Refuses the roles and settings of a backup where they hold anything that pg_dumpall and pgbak do not write. psql
 * would run a program at a backslash outside quotes, and any statement with the rights of the role that restores.
 *
 * @param globals Text of one character for each byte.
 * @throws ArchiveError that says what was found, and where
 */
export function judgeGlobals(globals: string): { hasBackslashes: boolean } {
  const [server = '', database = ''] = globals.split(SETTINGS_HEADING);
  const judged = judge(server, OF_A_SERVER);
  if (judge(database, OF_THE_DATABASE).hasBackslashes) throw foreign(BACKSLASHES);
  return judged;
}

/** `hasBackslashes`: whether a backslash escapes even in a text without an `E`. */
function judge(script: string, known: RegExp): { hasBackslashes: boolean } {
  if (script.includes('\0')) throw foreign('a zero byte');
  let tokens = TOKENS;
  let hasTexts = false;
  let start: number | undefined;
  let before: string | undefined;
  for (let at = 0; at < script.length; at = tokens.lastIndex) {
    tokens.lastIndex = at;
    const groups = tokens.exec(script)?.groups;
    const [kind] = Object.entries(groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    if (kind === undefined) throw foreign(excerpt(script, at));
    if (kind === 'space') continue;
    // psql joins a text to the text right before it, and a letter before a text changes how it is read.
    const isOdd = kind === 'text' && (before === 'text' || /[\w"\u0080-\u00FF]/.test(script[at - 1] ?? ''));
    const isMisplaced = kind === 'command' && start !== undefined;
    if (isOdd || isMisplaced) throw foreign(excerpt(script, at));
    before = kind;
    if (kind === 'command') continue;
    start ??= at;
    if (kind !== 'end') continue;
    const end = tokens.lastIndex;
    const statement = script.slice(start, end);
    if (!known.test(statement) && !SETTING.test(statement)) throw foreign(excerpt(script, start));
    const isSetting = statement.startsWith('SET ');
    if (statement.startsWith('SET standard_conforming_strings')) {
      // The setting must come before all texts and end its line, because psql changes its reading with the next line.
      // So `splitStatements` can read the whole script in one way.
      if (hasTexts || script[end] !== '\n') throw foreign(excerpt(script, start));
      tokens = statement === BACKSLASHES ? TOKENS_WITH_BACKSLASHES : TOKENS;
      tokens.lastIndex = end;
    }
    hasTexts ||= !isSetting && statement.includes("'");
    start = undefined;
  }
  if (start !== undefined) throw foreign(excerpt(script, start));
  return { hasBackslashes: tokens === TOKENS_WITH_BACKSLASHES };
}

const SHOWN = 40;

function excerpt(script: string, at: number): string {
  const [line = ''] = script.slice(at, at + SHOWN).split('\n', 1);
  return JSON.stringify(line);
}

function foreign(what: string): ArchiveError {
  return new ArchiveError(
    `the roles and settings in the archive hold something that pg_dumpall never writes: ${what}`,
    'Nothing was changed or restored. Look into the archive with 7-Zip, or restore it without --globals.',
  );
}
