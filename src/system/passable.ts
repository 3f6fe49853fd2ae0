import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account } from './programs.ts';

/** The directory on the way to `path`, or that itself, which an account may not pass through; undefined for none. */
export function closedTo(account: Account, path: string): string | undefined {
  const above = dirname(path) === path ? undefined : closedTo(account, dirname(path));
  if (above !== undefined) return above;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return path;
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0;
  return ((stats.mode >> shift) & 1) === 1 ? undefined : path;
}
