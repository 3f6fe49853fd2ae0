import { TRANSLATIONS } from './translations.ts';

/** The server's words about a failed statement, without the lines in which psql tells its place. */
interface ServerWords {
  /**
   * Five characters (https://www.postgresql.org/docs/current/errcodes-appendix.html); absent where there is no error.
   */
  sqlState?: string;
  /** The message, with its detail and hint, in the server's language. */
  words: string;
}

/**
 * psql's prefix, the severity in any language, two spaces, and the SQLSTATE that VERBOSITY=verbose puts before the
 * message.
 */
const ERROR = /^(?:psql:[^\n]*?: )?(\p{L}+): {2}([0-9A-Z]{5}): (.*)$/u;

/** Reads the first error in the stderr of a psql with VERBOSITY=verbose: there psql gave up. */
export function readServerWords(stderr: string): ServerWords {
  const lines = stderr.split('\n').map((line) => line.trim());
  const first = lines.findIndex(isServerError);
  if (first === -1) {
    return {
      words: lines
        .map((line) => line.replace(/^psql:(?: error:)? ?/, ''))
        .filter(isWord)
        .join(' '),
    };
  }
  const [, , sqlState = '', message = ''] = ERROR.exec(lines[first] ?? '') ?? [];
  const end = lines.findIndex((line, index) => index > first && (ERROR.test(line) || line.startsWith('psql:')));
  const more = lines.slice(first + 1, end === -1 ? undefined : end).filter((line) => isWord(line) && !isPlace(line));
  return { sqlState, words: [message, ...more].join(' ') };
}

/**
 * Whether psql with VERBOSITY=verbose reports an error here, in any language: `psql:<stdin>:12: FEHLER:  42P01: ...`
 */
export function isServerError(line: string): boolean {
  const sqlState = ERROR.exec(line.trim())?.[2];
  // Classes 00 to 02 are notices and warnings (errcodes-appendix).
  return sqlState !== undefined && !/^0[0-2]/.test(sqlState);
}

function isWord(line: string): boolean {
  return line !== '';
}

/** A place in the query or in PostgreSQL's source: `LINE 1: ...`, a caret, or the source file. */
function isPlace(line: string): boolean {
  return /^\p{Lu}+ \d+: |^\^$/u.test(line) || isSourcePlace(line);
}

/**
 * Names of objects that VERBOSITY=verbose adds to the message, which names them too. libpq's labels are in English
 * here.
 */
const OBJECT = /^(?:SCHEMA|TABLE|COLUMN|DATATYPE|CONSTRAINT) NAME: {2}/;

/**
 * `LOCATION:  parser, parse.c:12`, with its label in the server's language, or the name of an object that the error is
 * about.
 */
export function isSourcePlace(line: string): boolean {
  return /^\p{L}+: {2}\w+, \w+\.[cly]:\d+$/u.test(line.trim()) || OBJECT.test(line.trim());
}

/**
 * A line of psql with VERBOSITY=verbose as psql prints it without: `ERROR:  42P01: relation ...` loses its SQLSTATE.
 */
export function withoutSqlState(line: string): string {
  return line.replace(/^(\p{L}+: {2})[0-9A-Z]{5}: /u, '$1');
}

/**
 * Translates every known sentence of a server into English, so that pgbak recognizes a failure by the same words
 * everywhere. A server speaks the language of its lc_messages, and not every role may change that. Before a session has
 * begun, and through pg_dump, there is no SQLSTATE either.
 */
export function inEnglish(words: string): string {
  let english = words;
  for (const [sentence, translations] of Object.entries(TRANSLATIONS)) {
    for (const translation of translations) {
      english = english.replace(patternOf(translation), (_found: string, name: unknown) =>
        sentence.replace('%s', () => String(name)),
      );
    }
  }
  return english;
}

/** Matches a translated sentence, with any white space between its words. The first group is the name in it. */
function patternOf(translation: string): RegExp {
  const escaped = translation.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const isQuoted = /["«»]\s*%s/.test(translation);
  const end = escaped.endsWith('%s') ? '' : '?';
  return new RegExp(escaped.replace('%s', isQuoted ? '([^"«»]+?)' : `(\\S+${end})`), 'u');
}
