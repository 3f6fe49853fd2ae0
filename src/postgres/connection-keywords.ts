import { ConfigError } from '../core/errors.ts';
import type { Parameter } from './connection.ts';

const HINT = "Write host=db.example dbname=shop user=app password='a secret', or postgresql://app@db.example/shop.";

/** What libpq's isspace() takes, whatever else JavaScript takes for white space. */
const BLANKS = String.raw`[ \t\n\v\f\r]*`;
const KEYWORD = new RegExp(`^${BLANKS}([^ \\t\\n\\v\\f\\r=]+)${BLANKS}=${BLANKS}`);
const QUOTED = /^'((?:[^'\\]|\\[\s\S])*)'/;
// A backslash at the very end is dropped.
const BARE = /^((?:[^ \t\n\v\f\r\\]|\\[\s\S]?)*)/;

/**
 * Reads `keyword = value` pairs as libpq does: values end at white space unless in single quotes, a backslash takes the
 * next character as it is (libpq-connect, "Keyword/Value Connection Strings").
 */
export function parseKeywords(text: string): { parameters: Parameter[]; conninfo: string } {
  const parameters: Parameter[] = [];
  let rest = text;
  while (/[^ \t\n\v\f\r]/.test(rest)) {
    const keyword = KEYWORD.exec(rest);
    if (keyword === null) throw broken('is neither a postgresql:// URI nor a list of keyword=value pairs');
    rest = rest.slice(keyword[0].length);
    const value = (rest.startsWith("'") ? QUOTED : BARE).exec(rest);
    if (value === null) throw broken('has a quote that nothing ends');
    // libpq takes `password=...` behind `host=` for the host, as where a script's variable is empty, and shows it.
    if (keyword[1] !== 'password' && value[0].includes('password=')) {
      throw broken("has a password in place of another parameter's value; an empty value is written as ''");
    }
    rest = rest.slice(value[0].length);
    parameters.push({ keyword: keyword[1] ?? '', value: (value[1] ?? '').replaceAll(/\\([\s\S]?)/g, '$1') });
  }
  if (parameters.length === 0) throw broken('is empty');
  return { parameters, conninfo: withoutPassword(parameters) };
}

function withoutPassword(parameters: readonly Parameter[]): string {
  return parameters
    .filter(({ keyword }) => keyword !== 'password')
    .map(({ keyword, value }) => keywordValue(keyword, value))
    .join(' ');
}

/** `keyword='value'`, of any value. */
export function keywordValue(keyword: string, value: string): string {
  return `${keyword}='${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}

function broken(what: string): ConfigError {
  return new ConfigError(`the connection string ${what}`, HINT);
}
