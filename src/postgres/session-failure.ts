import { ProgramError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Ending } from '../system/programs.ts';
import { correctionOf, type Connection } from './connection.ts';
import { inEnglish, readServerWords } from './server-words.ts';
import { editCommand } from '../core/server-hint.ts';

/** The server answered, and refused a statement. */
export class RefusedStatementError extends ProgramError {
  /** https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string;

  constructor(message: string, sqlState: string, hint?: string, raw?: Secret) {
    super(message, hint, raw);
    this.sqlState = sqlState;
  }
}

/** The server answered that it has no such database. */
export class NoDatabaseError extends ProgramError {}

/** Hints by SQLSTATE or its class, because the server's messages may be in any language. */
const HINTS: readonly [RegExp, string][] = [
  [/^42501$/, 'The role lacks a privilege. Grant it, or connect as a role that has it.'],
  [/^25006$/, 'The database server takes no changes: it is a standby, or default_transaction_read_only is on.'],
  [/^55006$/, 'Other sessions use it. End them first: pg_stat_activity shows them.'],
  [/^53100$/, 'The disk of the database server is full. Free some space there.'],
  [/^53200$/, 'Raise max_locks_per_transaction on the database server, or its memory: its log says which ran out.'],
  [
    /^57014$/,
    'A time limit or an administrator ended the statement. Look at statement_timeout and lock_timeout of the role.',
  ],
];

/** A psql session of pgbak that ended early. */
interface BrokenSession {
  connection: Connection;
  ending: Pick<Ending, 'stderrTail' | 'rawStderr'>;
  /** Whether the server had answered before. */
  hadAnswer: boolean;
}

/** Explains why such a session ended early: no connection, a lost one, or a statement that the server refused. */
export function explainSessionFailure({ connection, ending, hadAnswer }: BrokenSession): ProgramError {
  // A password may be one of the words that tell the cause.
  const { sqlState, words: raw } = readServerWords(ending.rawStderr.reveal());
  const { words } = readServerWords(ending.stderrTail);
  // A pooler accepts the connection itself, and refuses the first statement when it cannot reach the server.
  if (!hadAnswer) return explainConnectionFailure(connection, { words, raw }, sqlState);
  if (sqlState === undefined || /^(?:08|57P|25P0[34])/.test(sqlState)) {
    return new ProgramError(
      `the connection to ${connection.label} was lost: ${words || 'psql gave no reason'}`,
      endedByTimeout(sqlState) ?? 'The database server was restarted or stopped, or it ended the session: see its log.',
      new Secret(`the connection to ${connection.label} was lost: ${raw}`),
    );
  }
  return new RefusedStatementError(
    `${connection.label} refused a statement: ${words}`,
    sqlState,
    HINTS.find(([pattern]) => pattern.test(sqlState))?.[1],
    new Secret(`${connection.label} refused a statement: ${raw}`),
  );
}

function endedByTimeout(sqlState: string | undefined): string | undefined {
  if (sqlState === undefined || !/^(?:57P05|25P0[34])$/.test(sqlState)) return undefined;
  return 'A timeout of the role ended the session: ALTER ROLE ... SET idle_in_transaction_session_timeout, idle_session_timeout and transaction_timeout = 0.';
}

/** Behind a colon at the end stands where to correct the connection string. */
const CONNECTION_HINTS: readonly [RegExp, string][] = [
  [
    /local user with ID \d+ does not exist|could not look up local user ID/i,
    'This user has no account here (no line in /etc/passwd), so there is no default user name. Name the user in the connection string, or set PGUSER.',
  ],
  [/password authentication failed/i, 'Correct the user or the password. If the connection string holds them:'],
  [/no password supplied/i, 'Put the password into ~/.pgpass (mode 0600), or into the connection string:'],
  [/database ".*" does not exist/i, 'Was the database renamed or dropped? Correct the connection string:'],
  [/role ".*" does not exist/i, 'Correct the user name in the connection string:'],
  [/pg_hba\.conf/i, "Allow this host and user in the server's pg_hba.conf."],
  [
    /too many clients|remaining connection slots/i,
    'All connections of the database server are in use. Try later, or raise max_connections.',
  ],
  [
    /too many connections for (?:role|database)/i,
    'The role or the database has reached its limit of connections. Try later, or raise the limit: ALTER ROLE or ALTER DATABASE ... CONNECTION LIMIT',
  ],
  [
    /could not translate host name|name or service not known/i,
    'Correct the host name in the connection string, or let this machine resolve it (DNS, /etc/hosts).',
  ],
  [/connection refused|no such file or directory/i, 'Does PostgreSQL run there, and are host and port right?'],
  [/timeout expired|timed out|no route to host/i, 'Check the host name, the network, and the firewalls in between.'],
  [
    /unsupported startup parameter/i,
    'A pooler such as pgbouncer refuses options= and PGOPTIONS. Connect to PostgreSQL itself, or let the pooler ignore them (ignore_startup_parameters).',
  ],
  [
    /unrecognized configuration parameter/i,
    'PGOPTIONS, or options= in the connection string, sets a parameter that this database server does not know.',
  ],
  [
    /not currently accepting connections/i,
    'The database allows no connections. From another database: ALTER DATABASE ... ALLOW_CONNECTIONS true',
  ],
  [
    /permission denied for database/i,
    'Let the role connect: GRANT CONNECT ON DATABASE ... TO ROLE. To create a database, pgbak can connect to another one: --maintenance-db template1',
  ],
  [/certificate/i, 'Check sslmode and sslrootcert in the connection string.'],
  [
    /does not support SSL|SSL is not enabled/i,
    'The database server has no TLS. Enable it there, or relax sslmode in the connection string.',
  ],
  [
    /definition of service .* not found|service file/i,
    'Check service= and the service file (PGSERVICEFILE, ~/.pg_service.conf).',
  ],
  [
    /starting up|shutting down|in recovery mode/i,
    'The database server is starting or stopping. Try again in a moment.',
  ],
  [/invalid (?:URI|connection option|port|integer)/i, 'Check the connection string.'],
];

/** The words of libpq, which name one of its functions. */
const NO_PASSWORD = /(?:fe_sendauth: )?no password supplied/;
const NO_DATABASE = /database ".*" does not exist/i;
/** The hint asks that. */
const QUESTION = / Is the server running .*\?$/;
const REFUSAL = /connection to server at "[^"]*"(?: \([^)]*\))?, port \d+ failed: (?:FATAL: +)?/;

/** The English words of the server for a SQLSTATE. */
const WORDS_BY_STATE: Readonly<Record<string, string>> = {
  '28P01': 'password authentication failed',
  '28000': 'no pg_hba.conf entry',
  '3D000': 'database "" does not exist',
  '53300': 'too many clients',
  '57P01': 'shutting down',
  '57P03': 'starting up',
};

/**
 * Explains in one sentence, with the words of libpq or the server, why there is no connection, and hints at what to
 * check. psql reports no SQLSTATE for a connection that was never made; a pooler's refusal of the first statement has
 * one.
 */
function explainConnectionFailure(
  connection: Connection,
  { words, raw }: { words: string; raw: string },
  sqlState?: string,
): ProgramError {
  const { label } = connection;
  const english = [inEnglish(raw), WORDS_BY_STATE[sqlState ?? ''] ?? ''];
  const found = english.flatMap((text) => CONNECTION_HINTS.filter(([pattern]) => pattern.test(text)))[0]?.[1];
  const isPasswordMissing = english.some((text) => NO_PASSWORD.test(text));
  const correction = correctionOf(editCommand('--connection-string '), { ...connection, isPasswordMissing });
  const hint = found?.endsWith(':') === true ? `${found} ${correction}` : found;
  // libpq names host and port again before the reason; of several hosts, each with its own.
  const said = words.split(REFUSAL).length === 2 ? words.replace(REFUSAL, '').replace(QUESTION, '') : words;
  const reason = said.replace(NO_PASSWORD, 'the server wants a password, and none was given');
  if (english.some((text) => NO_DATABASE.test(text)) && !label.startsWith('the default database')) {
    return new NoDatabaseError(`there is no database ${label}`, hint);
  }
  const message = (why: string) => `cannot connect to ${label}: ${why || 'psql gave no reason'}`;
  return new ProgramError(message(reason), hint, new Secret(message(raw)));
}
