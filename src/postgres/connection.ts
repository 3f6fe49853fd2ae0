import { Secret } from '../core/secret.ts';
import { ConfigError } from '../core/errors.ts';
import { printableName, quoted } from '../core/printable.ts';
import { keywordValue, parseConnectionUri, parseKeywords } from './connection-string.ts';
import { isKnownParameter } from './program-environment.ts';

/** A connection string in two halves: a visible part, for command lines, and the password. */
export interface Connection {
  /** The connection string without its password. libpq reads the rest exactly as in the original. */
  conninfo: string;
  /** Passed in PGPASSWORD. Without one libpq looks into `~/.pgpass`. */
  password: Secret | undefined;
  /** For people, on one line: `shop on db.example:5433`. */
  label: string;
  /** The database server, for people: `db.example:5433`; undefined for the default one. */
  serverLabel: string | undefined;
  /** The server's machine, or its substitute: several hosts, a service, the local socket. */
  host: string;
  /** The reference that led to the connection string, `env:NAME` or `file:/path`. */
  origin: string | undefined;
  /** The database's name; undefined where the string does not hold it. */
  database: string | undefined;
}

/** One parameter of a connection string, decoded. */
export interface Parameter {
  keyword: string;
  value: string;
}

/** Secrets that libpq accepts only in the connection string. pg_dump would show them on its command line. */
const NO_WAY_BUT_ARGV = ['sslpassword', 'scram_client_key', 'scram_server_key', 'oauth_client_secret'];

/**
 * Parses a connection string in either of libpq's forms, `postgresql://...` and `keyword=value ...`
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING). Nothing connects.
 *
 * @throws ConfigError where libpq would refuse the string or its use is not safe; the error never repeats the string
 */
export function parseConnection(connectionString: Secret): Connection {
  const text = connectionString.reveal().trim();
  if (text.includes('\0')) throw new ConfigError('the connection string holds a NUL character');
  const parts = /^postgres(?:ql)?:\/\//.test(text) ? parseConnectionUri(text) : parseKeywords(text);
  const { parameters, conninfo } = parts;
  for (const [index, { keyword, value }] of parameters.entries()) {
    if (!isKnownParameter(keyword)) {
      // Do not show them: the value may be a password under a misspelled keyword, or the keyword the rest of a
      // password.
      throw new ConfigError(
        `parameter ${index + 1} of the connection string has a name that libpq does not know`,
        'Check its spelling. If a password stands before it, quote or percent-encode the password.',
      );
    }
    if (NO_WAY_BUT_ARGV.includes(keyword) && value !== '') {
      throw new ConfigError(
        `the connection string sets ${keyword}, which pg_dump would show to every user of this machine`,
        'Use a key without a passphrase, in a file that only this user can read. Or use a service file: service=NAME',
      );
    }
  }
  // In libpq the last of several values wins, even an empty one.
  const valueOf = (keyword: string) => {
    const value = parameters.findLast((parameter) => parameter.keyword === keyword)?.value;
    return value === '' ? undefined : value;
  };
  const password = valueOf('password');
  return {
    conninfo,
    password: password === undefined ? undefined : new Secret(password),
    label: printableName(labelOf(valueOf)),
    serverLabel: serverLabelOf(valueOf),
    host: (valueOf('host') ?? valueOf('hostaddr') ?? valueOf('service') ?? '').toLowerCase(),
    origin: connectionString.origin,
    database: valueOf('dbname'),
  };
}

/** A connection string with its database named; everything else, the password as well, stays as it is. */
export function withDatabase(connectionString: Secret, database: string): Secret {
  const text = withParameter(connectionString.reveal().trim(), 'dbname', database);
  return new Secret(text, connectionString.origin);
}

/**
 * Whether a connection string says which database it means. A service may say it elsewhere
 * (https://www.postgresql.org/docs/current/libpq-pgservice.html).
 */
export function namesDatabase({ database, conninfo }: Connection): boolean {
  return database !== undefined || /\bservice\s*=/.test(conninfo);
}

/** The same server and role, another database. */
export function connectionTo(connection: Connection, database: string): Connection {
  const conninfo = withParameter(connection.conninfo, 'dbname', database);
  const { serverLabel } = connection;
  const label = printableName(serverLabel === undefined ? database : `${database} on ${serverLabel}`);
  return { ...connection, database, label, conninfo };
}

/** The same connection with an application_name, by which its sessions are known. */
export function connectionAs(connection: Connection, application: string): Connection {
  return { ...connection, conninfo: withParameter(connection.conninfo, 'application_name', application) };
}

/** In libpq the last of several values wins, in both of its forms. */
function withParameter(conninfo: string, keyword: string, value: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(conninfo)) return `${conninfo} ${keywordValue(keyword, value)}`;
  return `${conninfo}${conninfo.includes('?') ? '&' : '?'}${keyword}=${encodeURIComponent(value)}`;
}

/**
 * A connection string for a person to type, to another database of the same server; PASSWORD stands where the password belongs.
 */
export function typedForm(
  { conninfo, password, database: ownDatabase }: Connection,
  database: string | undefined,
): string {
  const [, start, query = ''] = /^(postgres(?:ql)?:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/s.exec(conninfo) ?? [];
  if (start === undefined) {
    const named =
      database === undefined || database === ownDatabase ? conninfo : withParameter(conninfo, 'dbname', database);
    return `${named}${password === undefined ? '' : ' password=PASSWORD'}`;
  }
  const pairs = query.split(/[?&]/).filter((pair) => pair !== '' && !pair.startsWith('dbname='));
  const rest = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  const location = database === undefined ? rest : `/${encodeURIComponent(database)}${rest}`;
  if (password === undefined) return `${start}${location}`;
  if (start.includes('@')) return `${start.replace('@', ':PASSWORD@')}${location}`;
  return `${start}${location}${rest === '' ? '?' : '&'}password=PASSWORD`;
}

/**
 * Where a person corrects the connection string: behind `flag`, as a word for a shell with PASSWORD for the password, or where its
 * reference leads.
 */
export function correctionOf(flag: string, connection: Connection & { isPasswordMissing: boolean }): string {
  const { origin, database, isPasswordMissing } = connection;
  if (origin?.startsWith('env:') === true)
    return `it stands in the environment variable ${origin.slice('env:'.length)}.`;
  if (origin !== undefined) return `it stands in the file ${origin.slice('file:'.length)}`;
  return `${flag}${quoted(typedForm(isPasswordMissing ? { ...connection, password: new Secret('') } : connection, database))}`;
}

function labelOf(valueOf: (keyword: string) => string | undefined): string {
  const service = valueOf('service');
  const database = valueOf('dbname') ?? (service === undefined ? undefined : `service ${service}`);
  const server = serverLabelOf(valueOf);
  if (server === undefined) return database ?? 'the default database';
  return `${database ?? 'the default database'} on ${server}`;
}

function serverLabelOf(valueOf: (keyword: string) => string | undefined): string | undefined {
  const hosts = (valueOf('host') ?? valueOf('hostaddr'))?.split(',') ?? [];
  const ports = valueOf('port')?.split(',') ?? [];
  const places = hosts.map((host, index) => {
    const port = ports[index] ?? ports[0];
    if (host === '') return 'the default host';
    return port === undefined || port === '' || host.startsWith('/') ? host : `${host}:${port}`;
  });
  return places.length === 0 ? undefined : places.join(', ');
}
