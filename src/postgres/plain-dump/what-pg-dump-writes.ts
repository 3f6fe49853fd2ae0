import type { Statement } from './statement.ts';

/**
 * How pgbak treats a statement that pg_dump 9 to 18 or pg_restore writes at the top level of a plain dump
 * (https://www.postgresql.org/docs/current/app-pgdump.html).
 *
 * - `pass`: goes to psql unchanged;
 * - `local`: a setting, made local to the transaction;
 * - `drop`: left out, because pgbak sets the transaction and its time limits;
 * - `copy`: goes to psql with the rows that follow.
 */
type Treatment = 'pass' | 'local' | 'drop' | 'copy';

const KINDS_MADE = words(`access aggregate cast collation constraint conversion default domain event extension foreign
  function index language large materialized operator policy procedural procedure publication rule schema sequence
  server statistics subscription table text transform trigger trusted type unique unlogged user view`);

const LARGE_OBJECTS = words('lo_create lo_open lowrite lo_close lo_unlink');
const CALLED = words(
  'set_config setval pg_restore_relation_stats pg_restore_attribute_stats pg_restore_extended_stats',
);

const TIME_LIMITS = words(
  'statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout idle_session_timeout',
);
const SETTINGS = words(`client_encoding standard_conforming_strings check_function_bodies xmloption client_min_messages
  row_security default_tablespace default_table_access_method search_path escape_string_warning default_with_oids`);

/** Encodings that a database may have. In none of them a byte of a longer character looks like a quotation mark. */
const SERVER_ENCODINGS = new RegExp(
  '^(?:SQL_ASCII|UTF8|UNICODE|EUC_(?:JP|CN|KR|TW|JIS_2004)|MULE_INTERNAL|LATIN(?:[1-9]|10)|ISO_8859_[5-8]|KOI8(?:R|U)?' +
    '|WIN(?:866|874|125[0-8])?|ALT|TCVN|ABC)$',
);

/** Whether a statement may be passed on before its end: its kind is certain, and pgbak changes nothing in it. */
export function isDecided({ tokens: [first, , , second] }: Statement): boolean {
  if (first === undefined || ['set', 'reset', 'begin', 'commit'].includes(first)) return false;
  return first !== 'select' || (second !== undefined && second !== 'set_config');
}

/** What is wrong with a statement, as far as it was read; undefined where nothing is. */
export function wrongWith(statement: Statement, isAmongLargeObjects: boolean): string | undefined {
  const { tokens, last } = statement;
  const [first = '', second = ''] = tokens;
  const name = `${first} ${second}`.trim().toUpperCase();
  if (first === 'select') return wrongCall(statement, isAmongLargeObjects);
  if (isAmongLargeObjects && first !== 'commit') return `${name} among large objects`;
  switch (first) {
    case 'set':
    case 'comment':
    case 'security':
    case 'refresh':
    case 'insert':
    case 'grant':
    case 'revoke':
    case 'copy':
    case 'reset':
      return undefined;
    case 'begin':
    case 'commit':
      return tokens.length > 1 && last !== ';' ? name : undefined;
    case 'create':
    case 'alter':
    case 'drop':
      return tokens.length === 1 || isKindMade(first, tokens) ? undefined : name;
    default:
      return name;
  }
}

function isKindMade(first: string, [, second = '', third]: string[]): boolean {
  if (first === 'create' && second === 'or') return true;
  if (second === 'user') return third === undefined || third === 'mapping';
  return KINDS_MADE.has(second);
}

/**
 * Checks that a SELECT only calls `pg_catalog.setval(...)` or the like, with constants alone and nothing after the
 * call.
 */
function wrongCall({ tokens, depth }: Statement, isAmongLargeObjects: boolean): string | undefined {
  const shape = tokens[1] === '*' ? ['select', '*', 'from', 'pg_catalog', '.'] : ['select', 'pg_catalog', '.'];
  const called = tokens[shape.length];
  if (shape.some((expected, at) => tokens[at] !== undefined && tokens[at] !== expected)) return 'SELECT';
  if (called === undefined) return undefined;
  const isLargeObject = LARGE_OBJECTS.has(called);
  if (!isLargeObject && !CALLED.has(called)) return `SELECT ${called}`;
  if (isAmongLargeObjects && !isLargeObject) return `SELECT ${called} among large objects`;
  const behind = tokens.slice(shape.length + 1).join('');
  if (depth > 1) return `SELECT ${called} of something that is computed`;
  return '();'.startsWith(behind) ? undefined : `SELECT ${called} with something behind it`;
}

/** Decides how to treat a complete statement. `text` is given only where it was not decided before. */
export function treatmentOf(
  statement: Statement,
  text: string | undefined,
  leavesOutTablespaces: boolean,
): { treatment: Treatment; text?: string } | { wrong: string } {
  const { tokens, words: seen } = statement;
  const [first] = tokens;
  if (first === 'begin' || first === 'commit') return { treatment: 'drop' };
  if (first === 'set') return setting(text ?? '', leavesOutTablespaces);
  if (first === 'reset') return isAuthorization(text ?? '') ? { treatment: 'pass' } : { wrong: 'RESET' };
  if (first === 'copy') return isCopyOfRows(tokens) ? { treatment: 'copy' } : { wrong: 'COPY other than FROM stdin' };
  if (first === 'select' && tokens.includes('set_config')) {
    const found = /^\s*SELECT pg_catalog\.set_config\('search_path', '([^'\\]*)', false\);$/.exec(text ?? '');
    if (found === null) return { wrong: 'SELECT set_config of another setting' };
    return { treatment: 'local', text: `SELECT pg_catalog.set_config('search_path', '${found[1]}', true);` };
  }
  if ((first === 'grant' || first === 'revoke') && !seen.has('on'))
    return { wrong: `${first.toUpperCase()} of a role` };
  return { treatment: 'pass' };
}

/** `COPY schema.name (columns) FROM stdin;` */
function isCopyOfRows([, ...tokens]: string[]): boolean {
  const isName = (token = '') => /^["a-z_\u0080-\uffff]/.test(token);
  const table = tokens[1] === '.' ? [tokens[0], tokens[2]] : [tokens[0]];
  const rest = tokens.slice(tokens[1] === '.' ? 3 : 1).join(' ');
  return table.every(isName) && /^(?:\( \) )?(?:with oids )?from stdin ;$/.test(rest);
}

/**
 * pg_dump writes these around privileges that a role other than the owner granted. They give no rights: a role that may
 * run them may act as that role anyway.
 */
export function isAuthorization(text: string): boolean {
  return /^\s*(?:SET SESSION AUTHORIZATION (?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)|RESET SESSION AUTHORIZATION);$/.test(
    text,
  );
}

function setting(
  text: string,
  leavesOutTablespaces: boolean,
): { treatment: Treatment; text?: string } | { wrong: string } {
  if (isAuthorization(text)) return { treatment: 'pass' };
  const [, name = '', value = ''] = /^\s*SET ([a-z_]+) (?:=|TO) ([\s\S]*);$/i.exec(text) ?? [];
  const lower = name.toLowerCase();
  if (TIME_LIMITS.has(lower)) return { treatment: 'drop' };
  if (!SETTINGS.has(lower)) return { wrong: `SET ${name}`.trim() };
  if (lower === 'client_encoding' && !SERVER_ENCODINGS.test(value.replace(/^'(.*)'$/, '$1').toUpperCase())) {
    return { wrong: 'a client encoding that no database has' };
  }
  if (lower === 'standard_conforming_strings' && !/^'?(?:on|off)'?$/.test(value)) return { wrong: `SET ${lower}` };
  const kept = lower === 'default_tablespace' && leavesOutTablespaces ? "''" : value;
  return { treatment: 'local', text: `SET LOCAL ${lower} = ${kept};` };
}

/**
 * Whether a statement certainly ran no function of the dump. Such a function could change how psql reads the rest
 * (client_encoding, standard_conforming_strings).
 */
export function runsNothing({ tokens: [first = '', second = ''], words: seen }: Statement): boolean {
  if (['comment', 'grant', 'revoke', 'security', 'select', 'set', 'reset', 'begin', 'commit'].includes(first))
    return true;
  if (first === 'alter') return ['sequence', 'default'].includes(second) || seen.has('owner');
  if (first !== 'create') return false;
  if (['table', 'unlogged', 'materialized'].includes(second)) return !seen.has('as') && !seen.has('of');
  return !['event', 'foreign'].includes(second);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}

/** The settings by which psql and the server read a dump, as the dump has made them so far. */
export class ReadingSettings {
  conforming = 'on';
  private encoding = "'UTF8'";
  private hasEmptyPath = false;

  /** Notes a setting in the form that goes to psql. */
  remember(statement: string): void {
    const [, name, value = ''] = /^SET LOCAL (\w+) = (.*);$/.exec(statement) ?? [];
    if (name === 'client_encoding') this.encoding = `'${value.replaceAll("'", '')}'`;
    else if (name === 'standard_conforming_strings') this.conforming = value.replaceAll("'", '');
    else if (statement.includes("'search_path', ''")) this.hasEmptyPath = true;
  }

  /** Sets them again, because a statement that ran may have changed them. */
  statement(): string {
    const set = (name: string, value: string) => `pg_catalog.set_config('${name}', ${value}, true)`;
    const settings = [
      set('client_encoding', this.encoding),
      set('standard_conforming_strings', `'${this.conforming}'`),
      ...(this.hasEmptyPath ? [set('search_path', "''")] : []),
    ];
    return `SELECT ${settings.join(', ')};`;
  }
}
