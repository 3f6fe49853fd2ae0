import { execaSync } from 'execa';

/**
 * The words of a command, changed so that the kernel ends it when pgbak dies. After `kill -9` no process is left to end the
 * children, and an orphaned pg_dump would hold its locks in the database. On Linux util-linux' setpriv arranges that
 * (`--pdeathsig`, see prctl(2) PR_SET_PDEATHSIG); elsewhere the children end when they next write to a broken pipe.
 */
export function dieWithParent(words: readonly [string, ...string[]]): [string, ...string[]] {
  return childrenDieWithUs() ? [...SETPRIV, ...words] : [...words];
}

const SETPRIV = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

let answer: boolean | undefined;

/** Whether children do. Tried once a process: setpriv before util-linux 2.33 and BusyBox' own do not know `--pdeathsig`. */
export function childrenDieWithUs(): boolean {
  if (process.platform !== 'linux') return false;
  const [file, ...args] = SETPRIV;
  answer ??=
    execaSync(file, [...args, 'true'], {
      reject: false,
      stdio: 'ignore',
      // It needs to be found, and nothing else of what pgbak was given.
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      extendEnv: false,
    }).exitCode === 0;
  return answer;
}
