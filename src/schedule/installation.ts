import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';

/** This pgbak, as a scheduler has to call it: it has neither a shell's PATH nor its variables. */
export interface Installation {
  node: string;
  program: string;
  /** Variables for every scheduled run, mode 0600. */
  environmentFile: string;
  /** When in the hour it starts, so that the hosts of the world do not all do so at once. */
  minute: number;
  isRoot: boolean;
  /** Whether systemd may make namespaces for this user's units. */
  mayBuildWalls: boolean;
  home: string;
}

export function thisInstallation(env: Readonly<Record<string, string | undefined>>): Installation {
  const home = homedir();
  const isRoot = process.getuid?.() === 0;
  const configuration = env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  return {
    node: process.execPath,
    // Behind npx' or npm's link, which an upgrade of Node may leave behind.
    program: realpathSync(process.argv[1] ?? ''),
    environmentFile: join(isRoot ? '/etc' : configuration, 'pgbak', 'environment'),
    minute: (createHash('sha256').update(hostname()).digest()[0] ?? 0) % 60,
    isRoot,
    mayBuildWalls: isRoot || mayMakeNamespaces(),
    home,
  };
}

/** npx keeps what it runs in a cache that it clears. */
export function isPassing({ program }: Installation): boolean {
  return program.includes('/_npx/');
}

/** Some kernels and AppArmor keep them from users, and then systemd could not start a unit that asks for them. */
function mayMakeNamespaces(): boolean {
  const { status } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  return status === 0;
}

/** A line of a crontab or a unit ends at a line break, and has no way to hold one. */
export function refuseControl(path: string): void {
  // oxlint-disable-next-line no-control-regex
  if (!/[\u0000-\u001F\u007F]/.test(path)) return;
  throw new ConfigError(
    `a scheduler cannot hold a path with control characters: ${printableName(path)}`,
    'Use another path.',
  );
}
