import { writeFileSync } from 'node:fs';
import { installedSevenZip } from './seven-zip.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/**
 * A program for `PGBAK_7Z` that is the real 7-Zip, but for one of its commands, which is a piece of shell: `"$real"` is the
 * program, and `"$archive"` the archive that is meant.
 */
export async function sevenZipThat(folder: TemporaryFolder, command: 'a' | 'x', shell: string): Promise<string> {
  const path = folder.at('7-Zip that differs');
  const { file } = await installedSevenZip();
  writeFileSync(
    path,
    `#!/bin/sh
real='${file}'
for word in "$@"; do case "$word" in *.7z) archive="$word";; esac; done
case " $* " in *" ${command} "*) ${shell};; esac
exec "$real" "$@"
`,
    { mode: 0o755 },
  );
  return path;
}
