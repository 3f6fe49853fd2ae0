import { chownSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ConfigError } from '../core/errors.ts';
import {
  createLockedDirectory,
  sweepLockedDirectories,
  type LockedDirectory,
  type Swept,
} from '../system/locked-directory.ts';
import { firstClosedDirectory, unprivilegedAccount } from '../system/account.ts';
import type { Account } from '../system/programs.ts';
import type { Context } from '../core/context.ts';

type Place = Pick<Context, 'catalog' | 'environment'>;

const ownerOf = ({ catalog }: Place) => `${catalog.id} restore`;

/** The directories to try, the one from the settings first. */
function basesOf({ environment }: Place): string[] {
  return [...new Set([environment.temporaryDirectory ?? tmpdir(), tmpdir(), '/tmp', '/var/tmp'])];
}

/** Removes what killed restores and verifications of this catalogue left on this machine. */
export async function sweepKilled(place: Place): Promise<Swept> {
  const swept: Swept = { removed: [], inUse: [] };
  for (const base of basesOf(place)) {
    const { removed, inUse } = await sweepLockedDirectories(
      { base, owner: ownerOf(place) },
      unprivilegedAccount()?.uid,
    );
    swept.removed.push(...removed);
    swept.inUse.push(...inUse);
  }
  return swept;
}

/** A temporary directory for a restore or a verification. Several may run at once, so each holds a lock. */
export async function heldDirectory(place: Place): Promise<LockedDirectory> {
  await sweepKilled(place);
  const base = place.environment.temporaryDirectory ?? tmpdir();
  return await createLockedDirectory({ base, owner: ownerOf(place) });
}

/** The path of a Unix socket has 107 bytes at most, and pgbak needs 45 of them. */
const LONGEST_BASE = 60;

/**
 * The same for a server that runs as `account`, which owns the directory (mode 0700). The account must be able to enter it,
 * and root's own temporary directory may be closed to it. A `ConfigError` tells what to open where there is none.
 */
export async function directoryFor(account: Account | undefined, place: Place): Promise<LockedDirectory> {
  const bases = basesOf(place);
  const [first = ''] = bases;
  const closed = (base: string) => (account === undefined ? undefined : firstClosedDirectory(account, base));
  const base = bases.find((one) => Buffer.byteLength(one) <= LONGEST_BASE && closed(one) === undefined);
  if (base === undefined) {
    throw new ConfigError(
      `the throwaway PostgreSQL server does not run as root, and its account cannot enter ${closed(first) ?? first}`,
      'Set PGBAK_TMPDIR to a directory with a short path that every account may enter (mode 0711 all the way), or name a server: --scratch-url or PGBAK_SCRATCH_URL.',
    );
  }
  const directory = await createLockedDirectory({ base, owner: ownerOf(place) });
  if (account !== undefined) chownSync(directory.path, account.uid, account.gid);
  return directory;
}
