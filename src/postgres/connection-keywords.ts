import { ConfigError } from '../errors.ts';
import type { Parameter } from './connection.ts';

const HINT = "Write host=db.example dbname=shop user=app password='a secret', or postgresql://app@db.example/shop.";

/**
 * Reads `keyword = value` pairs as libpq does: values end at white space unless in single quotes, a backslash takes the
 * next character as it is (libpq-connect, "Keyword/Value Connection Strings").
 */
export function parseKeywords(text: string): { parameters: Parameter[]; conninfo: string } {
  const parameters: Parameter[] = [];
  let rest = text;
  while (rest !== '') {
    const keyword = /^([^\s=]+)\s*=\s*/.exec(rest);
    if (keyword === null) throw broken('is neither a postgresql:// URI nor a list of keyword=value pairs');
    rest = rest.slice(keyword[0].length);
    const value = /^'((?:[^'\\]|\\[\s\S])*)'/.exec(rest) ?? /^((?:[^\s'\\]|\\[\s\S]|(?<=[^\s])')*)(?=\s|$)/.exec(rest);
    if (value === null) throw broken('has a quote or a backslash that nothing follows');
    rest = rest.slice(value[0].length);
    if (value[0].startsWith("'") && /^\S/.test(rest)) throw broken('has something right behind a closing quote');
    rest = rest.trimStart();
    parameters.push({ keyword: keyword[1] ?? '', value: (value[1] ?? '').replaceAll(/\\([\s\S])/g, '$1') });
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
