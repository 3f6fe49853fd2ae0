import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a cluster of one machine needs. `ceph` itself is Python, and asks the monitor by librados. */
const WANTED = [
  'ceph-mon',
  'ceph-osd',
  'radosgw',
  'ceph-common',
  'ceph-base',
  'python3-rados',
  'python3-ceph-argparse',
];
const LIBRARIES = /^(lib|python3-(ceph|rados|prettytable|wcwidth))/;
const CACHE = process.getuid?.() === 0 ? '/var/cache/pgbak-tests' : join(homedir(), '.cache/pgbak-tests');

/** Ceph's programs, and the variables with which they find their libraries. */
export interface CephPrograms {
  version: string;
  program: (name: string) => string;
  /** Where a kind of plug-in is: `rados-classes`, `ceph/erasure-code`. */
  library: (name: string) => string;
  env: NodeJS.ProcessEnv;
}

/**
 * Unpacks Ceph of the machine's own release of Debian into a cache, once for each version. Nothing is installed: the packages
 * would make accounts and services that tests do not need.
 */
export function cephPrograms(): CephPrograms {
  const version = /Candidate: (\S+)/.exec(run('apt-cache', ['policy', 'radosgw']))?.[1];
  if (version === undefined || version === '(none)') {
    throw new Error('apt knows no package radosgw. On Debian, run first: sudo apt-get update');
  }
  const root = join(CACHE, 'ceph', version);
  if (!existsSync(root)) unpack(root, version);
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
  return {
    version,
    program: (name) => join(root, 'usr/bin', name),
    library: (name) => join(libraries, name),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: [libraries, join(libraries, 'ceph'), join(root, 'lib/x86_64-linux-gnu')].join(':'),
      PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
    },
  };
}

function unpack(root: string, version: string): void {
  process.stdout.write(`unpacking Ceph ${version} for the tests\n`);
  const work = mkdtempSync(join(tmpdir(), 'pgbak-test-ceph-'));
  try {
    // Libraries that are installed are taken from where they are.
    const plan = run('apt-get', ['-q', '-s', '--no-install-recommends', 'install', ...WANTED]);
    const planned = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
    const packages = planned.filter((name) => WANTED.includes(name) || LIBRARIES.test(name));
    const downloads = join(work, 'debs');
    mkdirSync(downloads);
    run('apt-get', ['-q', 'download', ...new Set([...WANTED, ...packages])], downloads);
    for (const deb of readdirSync(downloads)) run('dpkg-deb', ['-x', join(downloads, deb), join(work, 'root')]);
    mkdirSync(join(root, '..'), { recursive: true });
    run('cp', ['-a', join(work, 'root'), `${root}.new`]);
    renameSync(`${root}.new`, root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(file: string, args: readonly string[], cwd?: string): string {
  return execFileSync(file, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe' });
}
