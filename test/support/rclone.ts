import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { openRcloneStorage, type RcloneOptions } from '../../src/storage/rclone/storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/** A configuration of rclone in a folder, with a remote of each kind that a disk can carry. */
export interface RcloneRig {
  configFile: string;
  /** The directory behind the remote `nas`, an alias. */
  directory: string;
  open: (changes?: Partial<RcloneOptions>) => Storage;
}

export function rcloneRig(folder: TemporaryFolder): RcloneRig {
  const configFile = folder.at('rclone.conf');
  const directory = folder.at('nas');
  mkdirSync(directory);
  const password = execFileSync('rclone', ['obscure', 'a secret of the crypt remote'], { encoding: 'utf8' }).trim();
  const sections = [
    '[disk]\ntype = local',
    `[nas]\ntype = alias\nremote = ${directory}`,
    `[sealed]\ntype = crypt\nremote = ${folder.at('sealed')}\npassword = ${password}`,
    '[dead]\ntype = webdav\nurl = http://127.0.0.1:1',
  ];
  writeFileSync(configFile, `${sections.join('\n\n')}\n`);
  return {
    configFile,
    directory,
    open: (changes) =>
      openRcloneStorage({
        owner: 'catalog-1',
        remote: 'nas',
        path: '',
        configFile,
        variables: () => ({ PATH: process.env['PATH'], HOME: folder.path }),
        attempts: 2,
        ...changes,
      }),
  };
}

/**
 * A program in place of rclone that does what `script` says (for `sh`) and is rclone otherwise. `$RCLONE` is the real one;
 * `$VERB` its first word; `$NOTES` a folder for what it remembers.
 */
export function rcloneWrapper(folder: TemporaryFolder, script: string): string {
  const file = folder.at('rclone-wrapper');
  const notes = folder.at('notes');
  if (!existsSync(notes)) mkdirSync(notes);
  const real = execFileSync('sh', ['-c', 'command -v rclone'], { encoding: 'utf8' }).trim();
  const text = `#!/bin/sh\nRCLONE=${real}\nNOTES='${notes}'\nVERB="$1"\n[ "$VERB" = version ] && exec $RCLONE "$@"\n${script}\nexec $RCLONE "$@"\n`;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}
