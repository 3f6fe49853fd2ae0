import { chmodSync, lstatSync, statSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';

/** What SQLite keeps beside a catalogue that is open, or was when its process was killed. */
const SUFFIXES = ['-wal', '-shm', '-journal'];

/**
 * Makes sure that what SQLite left beside a catalogue can be used again. It gives those files the catalogue's own mode at
 * that time, which may have been one that forbids to write, and then calls the catalogue itself read-only.
 *
 * @throws ConfigError for one that this user cannot mend, or that is no file of SQLite's
 */
export function mendSideFiles(path: string): void {
  for (const file of SUFFIXES.map((suffix) => path + suffix)) {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (!stats.isFile()) {
      throw new ConfigError(`${file}, which SQLite keeps beside the catalogue, is no file`, `Remove it: rm ${file}`);
    }
    const user = process.geteuid?.();
    // The superuser may write in spite of the mode, and SQLite gives the file to the catalogue's owner then.
    if (user === undefined || user === 0) continue;
    if (stats.uid === user) {
      if ((stats.mode & 0o600) !== 0o600) chmodSync(file, statSync(path).mode & 0o777);
    } else if ((stats.mode & 0o006) !== 0o006 && !isOfOurGroup(stats)) {
      throw new ConfigError(
        `${file}, which belongs to the catalogue, belongs to another user (uid ${stats.uid})`,
        `While no pgbak runs, give it to the catalogue's owner: sudo chown ${user} ${file}`,
      );
    }
  }
}

function isOfOurGroup({ gid, mode }: { gid: number; mode: number }): boolean {
  return (mode & 0o060) === 0o060 && [process.getegid?.(), ...(process.getgroups?.() ?? [])].includes(gid);
}
