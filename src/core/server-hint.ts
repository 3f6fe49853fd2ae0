import { quoted } from './printable.ts';

/** Stand for the name of a server. No text that a user can give holds these characters (Unicode's private use). */
const NAME = '\uE000';
/** Of a part of a cluster, this is the name of the cluster: it holds the settings. */
const CONFIGURED_NAME = '\uE001';

/** What a hint calls a server: its name, and that of its cluster where it is a part of one. */
export interface HintedServer {
  name: string;
  partOf?: { clusterName: string } | undefined;
}

/**
 * A command in a hint about a server whose name is not known where the failure is seen: `pgbak edit shop --keep-last 7`.
 * The name comes in where the failure is described; where it is about no stored server, only the flags are left.
 */
export function serverCommand(command: 'edit' | 'run', flags: string): string {
  return `pgbak ${command} ${command === 'edit' ? CONFIGURED_NAME : NAME} ${flags}`;
}

/** The command that gives a server another value: `pgbak edit shop --destination file:/other/dir`. */
export function editCommand(flags: string): string {
  return serverCommand('edit', flags);
}

/** The hint with the name of its server; with only the flags of its commands where there is no server. */
export function hintFor(hint: string, server: HintedServer | string | undefined): string {
  if (server === undefined) return hint.replaceAll(new RegExp(`pgbak [a-z]+ [${NAME}${CONFIGURED_NAME}] `, 'g'), '');
  const { name, partOf }: HintedServer = typeof server === 'string' ? { name: server } : server;
  return hint
    .replaceAll(NAME, () => quoted(name))
    .replaceAll(CONFIGURED_NAME, () => quoted(partOf?.clusterName ?? name));
}
