import { ProgramError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { inEnglish, readServerWords } from './server-words.ts';

/** The server answered, and refused a statement. */
export class RefusedStatementError extends ProgramError {
  /** https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string;

  constructor(message: string, sqlState: string, hint?: string) {
    super(message, hint);
    this.sqlState = sqlState;
  }
}

/** Hints by SQLSTATE or its class, because the server's messages may be in any language. */
const HINTS: readonly [RegExp, string][] = [
  [/^42501$/, 'The role lacks a privilege: grant it, or connect as a role that has it.'],
  [/^25006$/, 'The server takes no changes: it is a standby, or default_transaction_read_only is on.'],
  [/^55006$/, 'Other sessions use it; end them first (pg_stat_activity shows them).'],
  [/^53100$/, "The server's disk is full."],
  [/^53200$/, "Raise max_locks_per_transaction on the server, or its memory; the server's log tells which ran out."],
  [/^57014$/, 'A time limit or an administrator ended it; look for statement_timeout and lock_timeout of the role.'],
];

/** A psql session of pgbak that ended early. */
interface BrokenSession {
  connection: Connection;
  stderr: string;
  /** Whether the server had answered before. */
  hadAnswer: boolean;
}

/** Explains why such a session ended early: no connection, a lost one, or a statement that the server refused. */
export function explainSessionFailure({ connection, stderr, hadAnswer }: BrokenSession): ProgramError {
  const { sqlState, words } = readServerWords(stderr);
  // A pooler accepts the connection itself, and refuses the first statement when it cannot reach the server.
  if (!hadAnswer) return explainConnectionFailure(connection, words, sqlState);
  if (sqlState === undefined || /^(?:08|57P|25P0[34])/.test(sqlState)) {
    return new ProgramError(
      `the connection to ${connection.label} was lost: ${words || 'psql gave no reason'}`,
      endedByTimeout(sqlState) ??
        "Look into the server's log; it was restarted or stopped, or the session was terminated.",
    );
  }
  return new RefusedStatementError(
    `${connection.label}: the server refused it: ${words}`,
    sqlState,
    HINTS.find(([pattern]) => pattern.test(sqlState))?.[1],
  );
}

function endedByTimeout(sqlState: string | undefined): string | undefined {
  if (sqlState === undefined || !/^(?:57P05|25P0[34])$/.test(sqlState)) return undefined;
  return 'A timeout of the role ended the session: ALTER ROLE ... SET idle_in_transaction_session_timeout, idle_session_timeout and transaction_timeout = 0.';
}

const CONNECTION_HINTS: readonly [RegExp, string][] = [
  [
    /local user with ID \d+ does not exist|could not look up local user ID/i,
    'This user has no account here (no line in /etc/passwd), so there is no default user name: give one in the connection string, or set PGUSER.',
  ],
  [/password authentication failed/i, 'Check user and password: pgbak edit, or the variable or file they come from.'],
  [/no password supplied/i, 'Put a password into the connection string, or a line for it into ~/.pgpass (mode 0600).'],
  [
    /database ".*" does not exist/i,
    'Check the database name in the connection string; has it been renamed or dropped?',
  ],
  [/role ".*" does not exist/i, 'Check the user name in the connection string.'],
  [/pg_hba\.conf/i, "Allow this host and user in the server's pg_hba.conf."],
  [
    /too many clients|remaining connection slots/i,
    'The server has no free connection; raise max_connections or try later.',
  ],
  [
    /too many connections for (?:role|database)/i,
    'The role or the database may have no more connections: ALTER ROLE or ALTER DATABASE ... CONNECTION LIMIT, or try later.',
  ],
  [
    /could not translate host name|name or service not known/i,
    'Check the host name and that this machine resolves it.',
  ],
  [/connection refused|no such file or directory/i, 'Check host and port, and that PostgreSQL runs there.'],
  [/timeout expired|timed out|no route to host/i, 'Check the host, the network and firewalls in between.'],
  [
    /unsupported startup parameter/i,
    'A pooler such as pgbouncer refuses options= and PGOPTIONS: connect to the server itself, or have it ignore them (ignore_startup_parameters).',
  ],
  [
    /unrecognized configuration parameter/i,
    'PGOPTIONS, or options= in the connection string, sets a parameter that this server does not know.',
  ],
  [
    /not currently accepting connections/i,
    'The database allows no connections: ALTER DATABASE ... ALLOW_CONNECTIONS true, from another database.',
  ],
  [
    /permission denied for database/i,
    'GRANT CONNECT ON DATABASE ... TO the role. To create a database, pgbak can connect to another one: --maintenance-db.',
  ],
  [/certificate/i, 'Check sslmode and sslrootcert in the connection string.'],
  [/does not support SSL|SSL is not enabled/i, 'The server speaks no TLS: enable it there, or relax sslmode.'],
  [
    /definition of service .* not found|service file/i,
    'Check service= and the service file (PGSERVICEFILE, ~/.pg_service.conf).',
  ],
  [/starting up|shutting down|in recovery mode/i, 'The server is starting or stopping; try again in a moment.'],
  [/invalid (?:URI|connection option|port|integer)/i, 'Check the connection string.'],
];

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
function explainConnectionFailure({ label }: Connection, words: string, sqlState?: string): ProgramError {
  const english = [inEnglish(words), WORDS_BY_STATE[sqlState ?? ''] ?? ''];
  const hint = english.flatMap((text) => CONNECTION_HINTS.filter(([pattern]) => pattern.test(text)))[0]?.[1];
  return new ProgramError(`cannot connect to ${label}: ${words || 'psql gave no reason'}`, hint);
}
