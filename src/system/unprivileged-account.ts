import { readFileSync } from 'node:fs';
import type { Account } from './programs.ts';

/**
 * For a process run by root, an account without rights that a program may be run as: `postgres`, else `nobody`.
 * Undefined where pgbak runs as somebody else already, or the machine has neither.
 */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
