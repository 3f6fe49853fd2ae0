// Brings the other versions of PostgreSQL that the tests want, clients and servers, out of Debian's other releases: they
// are unpacked into a folder of their own with the libraries that they were built for, and nothing is installed. Plain
// JavaScript on Node's own modules, since nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where they lie: the servers' account has to get there. */
export const OTHER_POSTGRES = '/var/cache/pgbak-tests/postgres';

/** The release of Debian that each comes from. The machine's own version needs none of this. */
export const RELEASES = { 13: 'bullseye', 17: 'trixie', 18: 'forky' };

/** The JIT compiler of a server, a hundred megabytes which it does without. */
const UNUSED = /^lib(llvm|z3|perl|systemd-shared)/;

/** The directory with the programs of a major version. */
export function programsOf(major) {
  return join(OTHER_POSTGRES, String(major), 'usr/lib/postgresql', String(major), 'bin');
}

function missingVersions() {
  return Object.keys(RELEASES).filter((major) => !existsSync(join(programsOf(major), 'pg_dump')));
}

/** Unpacks what is missing. `become` are the words with which a command is run as root. */
export function unpackOtherVersions(become) {
  for (const major of missingVersions()) {
    process.stdout.write(`unpacking PostgreSQL ${major} of Debian ${RELEASES[major]} for the tests\n`);
    const work = mkdtempSync(join(tmpdir(), 'pgbak-test-postgres-'));
    try {
      unpack(major, work, become);
    } finally {
      run([...become, 'rm', '-rf', work]);
    }
  }
}

function unpack(major, work, become) {
  const apt = aptOf(RELEASES[major], work);
  run(['apt-get', ...apt, '-q', 'update']);
  const wanted = [`postgresql-${major}`, `postgresql-client-${major}`];
  const plan = run(['apt-get', ...apt, '-q', '-s', '--no-install-recommends', 'install', ...wanted]);
  const packages = [...plan.matchAll(/^Inst (\S+)/gm)]
    .map(([, name]) => name.replace(/:.*$/, ''))
    .filter(
      (name) => wanted.includes(name) || (name.startsWith('lib') && !name.endsWith('-perl') && !UNUSED.test(name)),
    );
  const downloads = join(work, 'debs');
  mkdirSync(downloads);
  run(['apt-get', ...apt, '-q', 'download', ...packages], downloads);

  const root = join(work, 'root');
  for (const deb of readdirSync(downloads)) run(['dpkg-deb', '-x', join(downloads, deb), root]);
  const place = join(OTHER_POSTGRES, major);
  const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/lib'];
  const libraries = folders.map((folder) => join(place, folder));
  const loader = folders.flatMap((folder) => loadersIn(root, folder)).at(0);
  if (loader === undefined) throw new Error(`the packages of PostgreSQL ${major} hold no program loader`);
  const bin = join(root, 'usr/lib/postgresql', major, 'bin');
  for (const program of ['initdb', 'pg_ctl', 'postgres', 'psql', 'pg_dump', 'pg_dumpall', 'pg_restore']) {
    const own = ['--set-interpreter', join(place, loader), '--force-rpath', '--set-rpath', libraries.join(':')];
    run(['patchelf', ...own, join(bin, program)]);
  }
  run([...become, 'mkdir', '-p', OTHER_POSTGRES]);
  run([...become, 'chmod', '-R', 'a+rX', root]);
  run([...become, 'rm', '-rf', place]);
  run([...become, 'mv', root, place]);
}

/** The loader of the release's own C library: a file, since the usual links lead to the machine's. */
function loadersIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^ld-(linux-x86-64\.so\.2|2\.\d+\.so)$/.test(entry.name))
    .map(({ name }) => join(folder, name));
}

/** apt with lists, a state and a cache of its own, so that the machine's know nothing of another release. */
function aptOf(release, work) {
  const at = (...parts) => join(work, ...parts);
  for (const folder of ['lists/partial', 'cache/archives/partial', 'state']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('state/status'), '');
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(at('sources.list'), `deb [signed-by=${key}] http://deb.debian.org/debian ${release} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': at('lists'),
    'Dir::State::status': at('state/status'),
    'Dir::Cache': at('cache'),
    // Its own account could not write to a folder of ours.
    'APT::Sandbox::User': 'root',
    // Lists of a release that has ended are signed for a while only.
    'Acquire::Check-Valid-Until': 'false',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function run([file, ...args], cwd) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status === 0) return stdout;
  throw new Error(`${[file, ...args].join(' ').slice(0, 200)} failed: ${error?.message ?? stderr}`);
}
