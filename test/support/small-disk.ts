import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';

/** Whether this process may make one: only root may. */
export const CAN_MOUNT = process.getuid?.() === 0;

/** A file system of its own that is soon full. */
export interface SmallDisk extends Disposable {
  path: string;
  usedBytes(): number;
}

/** Mounts one over a directory, which is made where there is none. Throws what mount says. */
export function mountSmallDisk(path: string, sizeBytes: number, fileSystem = 'tmpfs'): SmallDisk {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', fileSystem, '-o', `size=${sizeBytes}`, 'pgbak-test', path], { stdio: 'pipe' });
  return {
    path,
    usedBytes: () => {
      const { blocks, bfree, bsize } = statfsSync(path);
      return (blocks - bfree) * bsize;
    },
    [Symbol.dispose]: () => void execFileSync('umount', [path]),
  };
}

/** From now on nothing there can be changed. */
export function remountReadOnly(path: string): void {
  execFileSync('mount', ['-o', 'remount,ro', path], { stdio: 'pipe' });
}
