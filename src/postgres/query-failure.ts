import { ProgramError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { explainConnectionFailure } from './connection-failure.ts';
import { readServerWords } from './server-words.ts';

/** A server that was reached and refused a statement. */
export class RefusedStatementError extends ProgramError {
  /** https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string;

  constructor(message: string, sqlState: string, hint?: string) {
    super(message, hint);
    this.sqlState = sqlState;
  }
}

/** What helps, by the SQLSTATE or its class: the language of the server's messages is anybody's guess. */
const HINTS: readonly [RegExp, string][] = [
  [/^42501$/, 'The role lacks a privilege: grant it, or connect as a role that has it.'],
  [/^25006$/, 'The server takes no changes: it is a standby, or default_transaction_read_only is on.'],
  [/^55006$/, 'Other sessions use it; end them first (pg_stat_activity shows them).'],
  [/^53100$/, "The server's disk is full."],
  [/^53200$/, "Raise max_locks_per_transaction on the server, or its memory; the server's log tells which ran out."],
  [/^57014$/, 'A time limit or an administrator ended it; look for statement_timeout and lock_timeout of the role.'],
];

/** A psql of ours that has ended too early. */
export interface BrokenSession {
  connection: Connection;
  stderr: string;
  /** Whether the server had answered before. */
  hadAnswer: boolean;
}

/** Why a session of pgbak's ended: no connection, one that broke, or a statement that the server refused. */
export function explainSessionFailure({ connection, stderr, hadAnswer }: BrokenSession): ProgramError {
  const { sqlState, words } = readServerWords(stderr);
  // A pooler takes the connection itself and refuses the first statement when it cannot reach the server.
  if (!hadAnswer) return explainConnectionFailure(connection, words, sqlState);
  if (sqlState === undefined || /^(?:08|57P|25P0[34])/.test(sqlState)) {
    return new ProgramError(
      `the connection to ${connection.label} was lost: ${words || 'psql gave no reason'}`,
      endedByTimeout(sqlState) ??
        "Look into the server's log; it was restarted or stopped, or somebody ended the session.",
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
