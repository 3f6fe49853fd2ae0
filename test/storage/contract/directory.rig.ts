import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openDirectoryStorage } from '../../../src/storage/directory/storage.ts';
import { partialNameOf } from '../../../src/storage/version-names.ts';
import { CAN_MOUNT, mountSmallDisk, type SmallDisk } from '../../support/small-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Kind, Rig } from './rig.ts';

/** As the README tells the names of files in a directory. */
const VERSION = /^(.*)\.\d{8}T\d{6}Z(?:-\d+)?(\.(?:sql|bin)\.7z)$/;
/** A page, the smallest disk that there is; archives do not fit. */
const FULL_BYTES = 4096;

/** The immutable flag of a file, which even root has to take off before it removes the file (chattr(1)). */
const setImmutable = (path: string, isOn: boolean) =>
  void execFileSync('chattr', [isOn ? '+i' : '-i', path], { stdio: 'pipe' });

function canLock(): boolean {
  using folder = temporaryFolder();
  writeFileSync(folder.at('file'), '');
  try {
    setImmutable(folder.at('file'), true);
    setImmutable(folder.at('file'), false);
    return true;
  } catch {
    return false;
  }
}

const isBesideItsArchive = (path: string) => path.endsWith('.sha256') && existsSync(path.slice(0, -'.sha256'.length));

async function startDirectoryRig(): Promise<Rig> {
  const folder = temporaryFolder();
  const directory = folder.at('backups');
  mkdirSync(directory);
  const locked = new Set<string>();
  let disk: SmallDisk | undefined;
  const disarm = () => {
    disk?.[Symbol.dispose]();
    disk = undefined;
  };
  const unlock = (path: string) => {
    setImmutable(path, false);
    locked.delete(path);
  };
  const files = () =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const nameOf = (path: string) => {
    const [, base, extension] = VERSION.exec(path.slice(directory.length + 1)) ?? [];
    return base === undefined || extension === undefined ? undefined : base + extension;
  };
  const write = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { flag: 'wx' });
    return path;
  };
  return {
    open: (owner = 'catalog-1') => openDirectoryStorage({ directory, owner }),
    arm: async (fault) => {
      if (fault !== 'fill the place') throw new Error(`a directory cannot ${fault}`);
      disk = mountSmallDisk(directory, FULL_BYTES);
    },
    disarm: async () => disarm(),
    // The disk that was put there has no room.
    struck: () => (disk === undefined ? 0 : 1),
    there: async () =>
      files().flatMap((path) => {
        const name = nameOf(path);
        if (name === undefined) return [];
        const content = readFileSync(path);
        const sha1 = createHash('sha1').update(content).digest('hex');
        return [{ id: path, name, sizeBytes: content.length, sha1 }];
      }),
    leftovers: async () => files().filter((path) => nameOf(path) === undefined && !isBesideItsArchive(path)),
    plant: async (versions) =>
      versions.map(({ name, startedAt }) => {
        const stamp = `${startedAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
        return write(join(directory, name.replace(/\.sql\.7z$/, `.${stamp}.sql.7z`)), '7z');
      }),
    // Only the storage itself knows how it names a file that a killed process leaves.
    leaveUnfinished: async (name, owner) => void write(join(directory, partialNameOf(name, owner)), 'half'),
    lock: async ({ id }) => {
      setImmutable(id, true);
      locked.add(id);
    },
    unlock: async ({ id }) => unlock(id),
    secrets: [],
    [Symbol.asyncDispose]: async () => {
      disarm();
      for (const path of locked) unlock(path);
      folder[Symbol.dispose]();
    },
  };
}

const NO_CONNECTION =
  'its files are reached by system calls, which have no connection and no answer that could go astray';
const NO_CREDENTIALS = 'it has none: the rights are those of the account';

export const DIRECTORY: Kind = {
  name: 'a directory',
  start: startDirectoryRig,
  sizes: [5000, 3_000_000],
  growingBytes: 3_000_000,
  cannot: {
    'lose the answer': NO_CONNECTION,
    'answer a wrong checksum': NO_CONNECTION,
    stall: NO_CONNECTION,
    'storm of 503': NO_CONNECTION,
    'cut the download': NO_CONNECTION,
    'expire the credentials': NO_CREDENTIALS,
    'revoke the credentials': NO_CREDENTIALS,
    ...(CAN_MOUNT ? {} : { 'fill the place': 'only root may mount a small disk' }),
    ...(canLock() ? {} : { 'lock an object': 'only root may make a file immutable, and not on every file system' }),
  },
};
