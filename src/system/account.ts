import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account } from './programs.ts';

/**
 * The unprivileged account under which root runs a program: `postgres`, else `nobody`. Undefined where pgbak does not run as
 * root, or the machine has neither.
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

/** The first directory on the way to `path`, inclusive, that the account may not enter; undefined for none. */
export function firstClosedDirectory(account: Account, path: string): string | undefined {
  const above = dirname(path) === path ? undefined : firstClosedDirectory(account, dirname(path));
  if (above !== undefined) return above;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return path;
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0;
  return ((stats.mode >> shift) & 1) === 1 ? undefined : path;
}
