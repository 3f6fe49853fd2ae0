import { quoted } from './printable.ts';

/** Stands for the name of a server. No text that a user can give holds this character (Unicode's private use). */
const NAME = '\uE000';

/**
 * A command in a hint about a server whose name is not known where the failure is seen: `pgbak edit shop --keep-last 7`.
 * The name comes in where the failure is described; where it is about no stored server, only the flags are left.
 */
export function serverCommand(command: 'edit' | 'run', flags: string): string {
  return `pgbak ${command} ${NAME} ${flags}`;
}

/** The command that gives a server another value: `pgbak edit shop --destination file:/other/dir`. */
export function editCommand(flags: string): string {
  return serverCommand('edit', flags);
}

/** The hint with the name of its server; with only the flags of its commands where there is no server. */
export function hintFor(hint: string, server: string | undefined): string {
  if (server === undefined) return hint.replaceAll(new RegExp(`pgbak [a-z]+ ${NAME} `, 'g'), '');
  return hint.replaceAll(NAME, () => quoted(server));
}
