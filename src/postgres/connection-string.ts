import { ConfigError } from '../core/errors.ts';
import type { Parameter } from './connection.ts';

const HINT = 'For example: postgresql://app@db.example/shop, or host=db.example dbname=shop user=app';

/** White space as in libpq's isspace(); JavaScript's `\s` takes more. */
const BLANKS = String.raw`[ \t\n\v\f\r]*`;
const KEYWORD = new RegExp(`^${BLANKS}([^ \\t\\n\\v\\f\\r=]+)${BLANKS}=${BLANKS}`);
const QUOTED = /^'((?:[^'\\]|\\[\s\S])*)'/;
// libpq drops a backslash at the very end.
const BARE = /^((?:[^ \t\n\v\f\r\\]|\\[\s\S]?)*)/;

/**
 * Reads `keyword = value` pairs as libpq does (libpq-connect, "Keyword/Value Connection Strings"). White space ends a
 * value outside single quotes. A backslash escapes the next character.
 */
export function parseKeywords(text: string): { parameters: Parameter[]; conninfo: string } {
  const parameters: Parameter[] = [];
  let rest = text;
  while (/[^ \t\n\v\f\r]/.test(rest)) {
    const keyword = KEYWORD.exec(rest);
    if (keyword === null) throw broken('is neither a postgresql:// URI nor a list of keyword=value pairs');
    rest = rest.slice(keyword[0].length);
    const value = (rest.startsWith("'") ? QUOTED : BARE).exec(rest);
    if (value === null) throw broken('has a quote that is not closed');
    // An empty value, such as a script's empty variable: in `host= password=...` libpq takes `password=...` for the
    // host, and shows it.
    if (keyword[1] !== 'password' && value[0].includes('password=')) {
      throw broken("has a parameter without a value before password=. Write an empty value as ''");
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

/** `keyword='value'`, quoted for any value. */
export function keywordValue(keyword: string, value: string): string {
  return `${keyword}='${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}

function broken(what: string): ConfigError {
  return new ConfigError(`the connection string ${what}`, HINT);
}

const URI_HINT =
  'In a URI, percent-encode special characters of user, password and database: @ is %40, / is %2F, : is %3A, % is %25.';

/**
 * Reads a connection URI as libpq does (libpq-connect, "Connection URIs"). The user part ends at the first `@` before
 * any `/`. A host may be an address in brackets or a percent-encoded socket directory. There may be several hosts.
 */
export function parseConnectionUri(text: string): { parameters: Parameter[]; conninfo: string } {
  const [, scheme = '', afterScheme = ''] = /^(postgres(?:ql)?:\/\/)([\s\S]*)$/.exec(text) ?? [];
  const [, userPart = '', user = '', password = '', location = ''] =
    /^(([^:@/]*)(?::([^@/]*))?@)?([\s\S]*)$/.exec(afterScheme) ?? [];
  const [, hostPart = '', database = '', query] = /^([^/?]*)(?:\/([^?]*))?(?:\?([\s\S]*))?$/.exec(location) ?? [];
  // libpq would take the rest of a password with a bare @ or / in it for a host or a database.
  if (hostPart.includes('@') || database.includes('@')) throw brokenUri('has one @ too many');
  // Where no other @ comes before, libpq ends the user's name at an @ in the query's password.
  if (/password=/.test(user + hostPart + database) || /[?&]password=/.test(password))
    throw brokenUri('has one @ too many after password=');

  // libpq accepts an & at the end.
  const queryPairs = query === undefined || query === '' ? [] : query.replace(/&$/, '').split('&');
  const parameters = [
    ...given('user', user),
    ...given('password', password),
    ...hostParameters(hostPart),
    ...given('dbname', database),
    ...queryPairs.map((pair) => queryParameter(pair)),
  ];
  const keptPairs = queryPairs.filter((pair) => queryParameter(pair).keyword !== 'password');
  const conninfo =
    scheme +
    // A bare ? in a user's name would begin the query.
    (userPart === '' ? '' : `${user.replaceAll('?', '%3F')}@`) +
    (/^[^?]*/.exec(location)?.[0] ?? '') +
    (keptPairs.length === 0 ? '' : `?${keptPairs.join('&')}`);
  return { parameters, conninfo };
}

function hostParameters(hostPart: string): Parameter[] {
  const hosts: string[] = [];
  const ports: string[] = [];
  for (const one of hostPart.split(',')) {
    const [, host = '', port = ''] = /^(\[[^\]]+\]|(?!\[)[^:]*)(?::(\d*))?$/.exec(one) ?? [];
    if (host === '' && port === '' && one !== '') throw brokenUri('has a host or port that cannot be read');
    hosts.push(decoded(host.replace(/^\[(.*)\]$/s, '$1')));
    ports.push(port);
  }
  return [
    { keyword: 'host', value: hosts.join(',') },
    { keyword: 'port', value: ports.join(',') },
  ].filter(({ value }) => value !== '');
}

function queryParameter(pair: string): Parameter {
  const [keyword = '', value, ...more] = pair.split('=');
  if (keyword === '' || value === undefined || more.length > 0) {
    throw brokenUri('has a parameter after its question mark that is not NAME=VALUE');
  }
  const parameter = { keyword: decoded(keyword), value: decoded(value) };
  // JDBC's form, which libpq accepts in a URI.
  if (parameter.keyword === 'ssl' && parameter.value === 'true') return { keyword: 'sslmode', value: 'require' };
  return parameter;
}

function given(keyword: string, text: string): Parameter[] {
  return text === '' ? [] : [{ keyword, value: decoded(text) }];
}

function decoded(text: string): string {
  if (/%(?![\dA-Fa-f]{2})/.test(text)) throw brokenUri('has a % without two hexadecimal digits after it');
  if (text.includes('%00')) throw brokenUri('has an encoded NUL character');
  try {
    return decodeURIComponent(text);
  } catch {
    throw brokenUri('is percent-encoded, but not in UTF-8');
  }
}

function brokenUri(what: string): ConfigError {
  return new ConfigError(`the connection string ${what}`, URI_HINT);
}
