import { execaSync } from 'execa';

/**
 * Wraps a command so that the kernel kills it when pgbak dies: after `kill -9` an orphaned pg_dump would hold its locks in the
 * database. On Linux util-linux' setpriv does that (`--pdeathsig`, see prctl(2) PR_SET_PDEATHSIG). Elsewhere children end when
 * they next write to a broken pipe.
 */
export function dieWithParent(words: readonly [string, ...string[]]): [string, ...string[]] {
  return childrenDieWithUs() ? [...SETPRIV, ...words] : [...words];
}

const SETPRIV = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

let answer: boolean | undefined;

/** Whether children die with pgbak. Tried once: setpriv before util-linux 2.33, and BusyBox' own, lack `--pdeathsig`. */
export function childrenDieWithUs(): boolean {
  if (process.platform !== 'linux') return false;
  const [file, ...args] = SETPRIV;
  answer ??=
    execaSync(file, [...args, 'true'], {
      reject: false,
      stdio: 'ignore',
      // Only what is needed to find it, nothing else of pgbak's environment.
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      extendEnv: false,
    }).exitCode === 0;
  return answer;
}
