import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';

/** How a scheduler must call this pgbak: without a shell's PATH and variables. */
export interface Installation {
  node: string;
  program: string;
  /** Variables for every scheduled run, mode 0600. */
  environmentFile: string;
  /** The minute of the hour at which it starts; differs between hosts, so that they do not all start at once. */
  minute: number;
  isRoot: boolean;
  /** Whether systemd may make namespaces for this user's units. */
  mayMakeNamespaces: boolean;
  home: string;
}

export function thisInstallation(env: Readonly<Record<string, string | undefined>>): Installation {
  const home = homedir();
  const isRoot = process.getuid?.() === 0;
  const configuration = env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  return {
    node: process.execPath,
    // Resolve the link of npx or npm, which an upgrade of Node may break.
    program: realpathSync(process.argv[1] ?? ''),
    environmentFile: join(isRoot ? '/etc' : configuration, 'pgbak', 'environment'),
    minute: (createHash('sha256').update(hostname()).digest()[0] ?? 0) % 60,
    isRoot,
    mayMakeNamespaces: isRoot || userMayMakeNamespaces(),
    home,
  };
}

/** Whether pgbak runs from npx' cache, which npx clears. */
export function isPassing({ program }: Installation): boolean {
  return program.includes('/_npx/');
}

/** Some kernels, and AppArmor, forbid users to make namespaces; systemd then cannot start a unit that needs them. */
function userMayMakeNamespaces(): boolean {
  const { status } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  return status === 0;
}

/** Throws for a path with control characters: a line of a crontab or unit cannot hold a line break. */
export function refuseControl(path: string): void {
  // oxlint-disable-next-line no-control-regex
  if (!/[\u0000-\u001F\u007F]/.test(path)) return;
  throw new ConfigError(
    `a scheduler cannot hold a path with control characters: ${printableName(path)}`,
    'Install pgbak, or keep its files, under another path.',
  );
}
