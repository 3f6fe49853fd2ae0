import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { TemporaryFolder } from './temporary-folder.ts';

/**
 * A directory for `PGBAK_PG_BIN` whose pg_dump is the real one and then does not end: it writes the dump and goes on
 * trickling comment lines, as a dump of a big table over a slow line does.
 */
export function slowPgDump(folder: TemporaryFolder, seconds = 600): string {
  const directory = folder.at('slow programs');
  mkdirSync(directory);
  const real = (name: string) => execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  const script = (name: string, text: string) =>
    writeFileSync(`${directory}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  for (const name of ['psql', 'pg_dumpall']) script(name, `exec '${real(name)}' "$@"`);
  script(
    'pg_dump',
    `case "$*" in *--version*|*-V*) exec '${real('pg_dump')}' "$@";; esac
'${real('pg_dump')}' "$@" || exit $?
n=0; while [ $n -lt ${seconds * 10} ]; do echo "-- $n"; sleep 0.1; n=$((n+1)); done`,
  );
  return directory;
}
