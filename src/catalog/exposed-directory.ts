import { readFileSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

/** A directory above a catalogue in which other users can replace the catalogue. */
export interface ExposedDirectory {
  message: string;
  hint: string;
}

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Finds a directory in which other users can replace the catalogue at `path`, or put a file beside it, even where the
 * catalogue's own mode protects it: its directory, links followed, or one above. In a sticky directory they can rename
 * only their own files (https://man7.org/linux/man-pages/man7/inode.7.html). Undefined where there is none, or where
 * the directory is absent.
 */
export function exposedDirectory(path: string): ExposedDirectory | undefined {
  let directory: string;
  try {
    directory = dirname(real(path));
  } catch {
    return undefined;
  }
  // The catalogue's owner may write there, also when root runs pgbak for that user.
  const trusted = new Set([0, process.geteuid?.(), statSync(path, { throwIfNoEntry: false })?.uid]);
  for (;;) {
    const stats = statSync(directory, { throwIfNoEntry: false });
    const who = stats === undefined ? undefined : whoWrites(stats, trusted);
    if (who !== undefined) {
      return {
        message: `${directory} can be written to by ${who.words}, who can replace the catalogue with another one`,
        hint: who.mend(directory),
      };
    }
    if (directory === dirname(directory)) return undefined;
    directory = dirname(directory);
  }
}

function real(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined
    ? `${realpathSync(dirname(path))}/catalogue`
    : realpathSync(path);
}

function whoWrites(
  { uid, gid, mode }: Stats,
  trusted: ReadonlySet<number | undefined>,
): { words: string; mend: (directory: string) => string } | undefined {
  if (!trusted.has(uid)) {
    return {
      words: `another user (uid ${uid})`,
      mend: (directory) =>
        `Set DB_PATH to a file in a directory of your own, or: sudo chown ${process.geteuid?.() ?? 'USER'} ${directory}`,
    };
  }
  if ((mode & STICKY) !== 0) return undefined;
  const mend = (directory: string) => `Set DB_PATH to a file in a directory of your own, or: chmod go-w ${directory}`;
  if ((mode & OTHERS_WRITE) !== 0) return { words: 'every user', mend };
  if ((mode & GROUP_WRITES) !== 0 && !isPrivateGroup(gid, uid)) return { words: `its group (gid ${gid})`, mend };
  return undefined;
}

/**
 * Whether the group is a user's private group, as many systems make one for each user: the machine's own files list no other
 * member (https://man7.org/linux/man-pages/man5/group.5.html).
 */
function isPrivateGroup(gid: number, uid: number): boolean {
  const users = entriesOf('/etc/passwd').map(([name, , id, group]) => ({ name, uid: Number(id), gid: Number(group) }));
  const owner = users.find((user) => user.uid === uid);
  if ((owner?.gid ?? uid) !== gid) return false;
  if (users.some((user) => user.gid === gid && user.uid !== uid)) return false;
  const members = entriesOf('/etc/group')
    .filter(([, , id]) => Number(id) === gid)
    .flatMap(([, , , names = '']) => names.split(','));
  return members.every((name) => name === '' || name === owner?.name);
}

function entriesOf(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
