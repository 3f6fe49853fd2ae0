import { mkdirSync, writeFileSync } from 'node:fs';
import { clientPrograms } from './postgres/versions.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/** A directory for `PGBAK_PG_BIN` whose pg_dump runs a piece of shell first, and then is the real one. */
export function pgDumpAfter(folder: TemporaryFolder, shell: string): string {
  const directory = folder.at('programs');
  mkdirSync(directory);
  for (const name of ['psql', 'pg_dumpall', 'pg_restore', 'pg_dump']) {
    const first = name === 'pg_dump' ? `case "$*" in *--version*) ;; *) ${shell};; esac\n` : '';
    const text = `#!/bin/sh\n${first}exec '${clientPrograms(15)}/${name}' "$@"\n`;
    writeFileSync(`${directory}/${name}`, text, { mode: 0o755 });
  }
  return directory;
}
