import { Secret } from '../core/secret.ts';
import { parseConnection, typedForm } from '../postgres/connection.ts';
import { quoted } from '../core/printable.ts';
import { isReference } from '../server/reference.ts';

/** A word of the command line as oclif's parser saw it. */
interface Token {
  type: string;
  flag?: string;
  input?: string;
}

/** These are said anew. */
const TARGET = ['to', 'output', 'stdout', 'create', 'clean'];

/**
 * The other flags of a command line but `--at`, to be typed again. An archive password becomes a question; a connection string
 * shows no password.
 *
 * @param withTarget whether those that say where to restore are among them
 */
export function otherWords(tokens: readonly Token[], withTarget = false): string[] {
  return tokens.flatMap(({ type, flag, input = '' }) => {
    if (type !== 'flag' || flag === undefined || flag === 'at' || (!withTarget && TARGET.includes(flag))) return [];
    if (input === `--${flag}` || /^-[a-z]$/.test(input)) return [`--${flag}`];
    return [`--${flag}`, quoted(isReference(input) ? input : shown(flag, input))];
  });
}

function shown(flag: string, input: string): string {
  if (flag === 'archive-password') return '-';
  if (flag !== 'to') return input;
  const connection = parseConnection(new Secret(input));
  return connection.database === undefined ? connection.conninfo : typedForm(connection, connection.database);
}
