// Brings a machine that has only Node and npm to where the demo and the tests can run: programs by apt, dependencies by
// npm, and a build. Plain JavaScript on Node's own modules, since nothing else is there yet.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is needed, how it is known to be there, and the Debian package that brings it. */
const NEEDS = {
  compiler: { isThere: () => ['python3', 'make', 'g++'].every(onPath), packages: ['python3', 'make', 'g++'] },
  postgresServer: { isThere: () => serverPrograms() !== undefined, packages: ['postgresql'] },
  postgresClient: { isThere: () => ['psql', 'pg_dump', 'pg_restore'].every(onPath), packages: ['postgresql-client'] },
  zstd: { isThere: () => onPath('zstd'), packages: ['zstd'] },
  sevenZip: { isThere: () => ['7zz', '7z'].some(onPath), packages: ['7zip'] },
  terminal: { isThere: () => onPath('tmux'), packages: ['tmux'] },
  schedulers: {
    isThere: () => ['crontab', 'systemd-analyze'].every(onPath),
    packages: ['cron', 'systemd'],
  },
  // Debian packs it with its server, which an init would start; there the test of the metrics does without.
  promtool: {
    isThere: () => onPath('promtool') || existsSync('/run/systemd/system'),
    packages: ['prometheus'],
  },
  shells: { isThere: () => ['zsh', 'fish'].every(onPath), packages: ['zsh', 'fish'] },
  // The pages of `pgbak web` are tested in it.
  browser: { isThere: () => onPath('chromium'), packages: ['chromium', 'fonts-dejavu-core'] },
  rclone: { isThere: () => onPath('rclone'), packages: ['rclone'] },
  // For tests over SFTP, which start their own. Debian's package would start one where an init runs: it is not installed there.
  sshServer: { isThere: () => onPath('sshd') || existsSync('/run/systemd/system'), packages: ['openssh-server'] },
  // What servers have in the field: a pooler, messages in another language, and (below) extensions.
  pooler: { isThere: () => onPath('pgbouncer'), packages: ['pgbouncer'] },
  locales: { isThere: () => existsSync('/usr/share/i18n/locales/de_DE'), packages: ['locales'] },
  b2sdk: { isThere: () => existsSync('/usr/lib/python3/dist-packages/b2sdk'), packages: ['python3-b2sdk'] },
  // A clock that jumps, for single processes.
  clock: { isThere: () => onPath('faketime'), packages: ['faketime'] },
  // With it a PostgreSQL of another release of Debian finds its own libraries.
  patchelf: { isThere: () => onPath('patchelf'), packages: ['patchelf'] },
  // `ps` is not in every container, and neither is setpriv, with which children die when pgbak is killed.
  processTools: { isThere: () => ['setpriv', 'mount'].every(onPath), packages: ['util-linux', 'mount'] },
};

/** Extensions for the server that is installed by then, under the names that Debian gives their packages. */
const EXTENSIONS = { 'postgis-3': 'postgis-3', cron: 'pg_cron' };

export const FOR_DEMO = ['compiler', 'postgresServer', 'postgresClient', 'sevenZip'];
export const FOR_TESTS = Object.keys(NEEDS);

/** Installs and builds what is missing; ends the process with 2 and a sentence where it cannot. */
export async function prepare(needs) {
  installPrograms(needs.map((name) => NEEDS[name]).filter(({ isThere }) => !isThere()));
  const unpacking = needs === FOR_TESTS ? prepareServers() : undefined;
  installDependencies();
  run('npm', ['run', '--silent', 'build']);
  await unpacking;
}

/** Other versions are unpacked while the dependencies are compiled; on a new machine each takes minutes. */
async function prepareServers() {
  installPrograms(extensionsOfServer().filter(({ isThere }) => !isThere()));
  if (!onPath('apt-get')) return;
  const script = fileURLToPath(new URL('unpack-other-postgres.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, ...(becomeRoot() ?? [])], { stdio: ['ignore', 'inherit', 'inherit'] });
  const end = () => child.kill();
  process.once('exit', end);
  const [status] = await once(child, 'exit');
  process.removeListener('exit', end);
  if (status !== 0) stop('other versions of PostgreSQL could not be unpacked');
}

function extensionsOfServer() {
  const bin = serverPrograms();
  const major = /\/postgresql\/(\d+)\/bin$/.exec(bin ?? '')?.[1];
  // Elsewhere the packages have other names.
  if (major === undefined) return [];
  return Object.entries(EXTENSIONS).map(([name, library]) => ({
    isThere: () => existsSync(join(bin, '..', 'lib', `${library}.so`)),
    packages: [`postgresql-${major}-${name}`],
  }));
}

function installPrograms(missing) {
  const packages = missing.flatMap((need) => need.packages);
  if (packages.length === 0) return;
  if (!onPath('apt-get')) {
    stop(`please install these first, under whatever names your system has for them: ${packages.join(', ')}`);
  }
  const become = becomeRoot();
  if (become === undefined) stop(`please run first: sudo apt-get install ${packages.join(' ')}`);
  process.stdout.write(`installing ${packages.join(', ')}\n`);
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const root = (...words) => runWords([...become, ...words]);
  root('apt-get', 'update', '-q');
  const install = [...env, 'apt-get', 'install', '-y', '-q', '--no-install-recommends'];
  if (packages.includes('postgresql')) {
    // The package would make a cluster and start it; the tests start their own, and nothing is to be left running.
    root(...install, 'postgresql-common');
    const local = join(tmpdir(), `pgbak-no-cluster-${process.pid}.conf`);
    const setting = '/etc/postgresql-common/createcluster.d/pgbak-tests.conf';
    writeFileSync(local, 'create_main_cluster = false\n');
    root('install', '-D', '-m', '644', local, setting);
    root(...install, ...packages);
    root('rm', '-f', setting);
    rmSync(local);
  } else {
    root(...install, ...packages);
  }
  const still = missing.filter(({ isThere }) => !isThere()).flatMap((need) => need.packages);
  if (still.length > 0) stop(`apt-get installed ${still.join(', ')}, but the programs are still not to be found`);
}

function becomeRoot() {
  if (process.getuid?.() === 0) return [];
  return onPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function installDependencies() {
  const installed = join(ROOT, 'node_modules/.package-lock.json');
  const isFresh =
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
  if (isFresh) return;
  process.stdout.write('installing the dependencies: npm ci\n');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

/**
 * better-sqlite3 is compiled where its binary cannot be downloaded. Node's headers, which that takes, came with Node
 * itself more often than not; without this they would be downloaded too, which a closed network refuses.
 */
export function headersOfNode() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {};
}

function serverPrograms() {
  const debian = '/usr/lib/postgresql';
  const places = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  return [...places, ...pathEntries()].find((place) => existsSync(join(place, 'initdb')));
}

function onPath(name) {
  return pathEntries().some((directory) => existsSync(join(directory, name)));
}

function pathEntries() {
  // Debian keeps mount and the like where a user's PATH may not lead.
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
}

function run(...[file, args]) {
  runWords([file, ...args]);
}

function runWords([file, ...args]) {
  const { status, error } = spawnSync(file, args, {
    cwd: ROOT,
    // node-gyp compiles with as many processors as there are.
    env: { JOBS: 'max', ...process.env, ...headersOfNode() },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) stop(`${[file, ...args].join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
}

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}
