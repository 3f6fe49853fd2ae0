import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Installation, refuseControl } from './installation.ts';

/** What a run writes to, besides its temporary directory. */
export interface WrittenPlaces {
  directories: readonly string[];
}

/** Nothing of pgbak needs more, under any account. */
const GIVEN_UP = `
  NoNewPrivileges=yes
  LockPersonality=yes
  RestrictNamespaces=yes
  RestrictRealtime=yes
  RestrictSUIDSGID=yes
  RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
  SystemCallArchitectures=native
  SystemCallFilter=@system-service @pkey
  SystemCallErrorNumber=EPERM`;

/**
 * A system that is read-only but for the places of backups. /tmp stays the machine's own, for the sockets of servers
 * that may be in it. V8 writes the code that it runs, so that MemoryDenyWriteExecute is not to be had.
 */
const WALLS = `
  PrivateDevices=yes
  PrivateMounts=yes
  ProtectClock=yes
  ProtectControlGroups=yes
  ProtectHome=read-only
  ProtectHostname=yes
  ProtectKernelLogs=yes
  ProtectKernelModules=yes
  ProtectKernelTunables=yes
  ProtectProc=invisible
  ProtectSystem=strict`;

/** For root: it reads and writes what belongs to others, and runs a throwaway server under an account without rights. */
const OF_ROOT = 'CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID';

/** The first line of each unit, by which it is known as our own. */
export const UNIT_MARK = '# Kept by "pgbak schedule".';

/**
 * The service that backs up what is due (systemd.service(5), systemd.exec(5)). It sees a read-only system. A user's own
 * manager builds such walls out of a user namespace; where the machine allows none, it only gives up what it never
 * needs, and comments name the rest.
 */
export function serviceUnit(installation: Installation, places: WrittenPlaces): string {
  const { node, program, environmentFile, isRoot, mayBuildWalls } = installation;
  const walls = [
    ...linesOf(WALLS),
    ...(isRoot ? [`CapabilityBoundingSet=${OF_ROOT}`] : ['CapabilityBoundingSet=', 'PrivateUsers=yes']),
    `ReadWritePaths=${places.directories.map((path) => unitPath(`-${path}`)).join(' ')}`,
  ];
  return `${[
    UNIT_MARK,
    '[Unit]',
    'Description=Back up PostgreSQL databases with pgbak',
    'Wants=network-online.target',
    'After=network-online.target postgresql.service',
    '',
    '[Service]',
    'Type=oneshot',
    `EnvironmentFile=${unitPath(`-${environmentFile}`, true)}`,
    `ExecStart=${unitPath(node)} ${unitPath(program)} run --quiet`,
    '# Another run is under way: no failure.',
    'SuccessExitStatus=75',
    '# A run that is stopped cancels its upload and tidies up.',
    'TimeoutStopSec=2min',
    'Nice=10',
    'IOSchedulingClass=best-effort',
    'IOSchedulingPriority=7',
    'UMask=0077',
    ...linesOf(GIVEN_UP),
    ...(mayBuildWalls
      ? walls
      : [
          '# This machine lets no user make namespaces, and systemd would not start a unit that needs them. Left out:',
          ...walls.map((line) => `# ${line}`),
        ]),
  ].join('\n')}\n`;
}

/** The timer: every hour, made up for after a downtime, not at the same second everywhere (systemd.timer(5)). */
export function timerUnit({ minute }: Installation): string {
  return `${[
    UNIT_MARK,
    '[Unit]',
    'Description=Start pgbak every hour',
    '',
    '[Timer]',
    `OnCalendar=*-*-* *:${String(minute).padStart(2, '0')}:00`,
    'RandomizedDelaySec=2min',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ].join('\n')}\n`;
}

function linesOf(block: string): string[] {
  return block
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** A path as a unit takes it: `%` begins a specifier; quotes keep spaces together where there is a list of words. */
function unitPath(path: string, isSingle = false): string {
  refuseControl(path);
  const escaped = path.replaceAll('%', '%%');
  if (isSingle || /^[\w@+=:,./%-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/**
 * The directories that a run may write to, each once. One that is not there yet is made by the first run, which needs to
 * write to the next directory above it.
 */
export function writtenDirectories(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => (existsSync(path) ? [path] : [path, existingAbove(path)])))].filter(
    (path) => path !== '/',
  );
}

function existingAbove(path: string): string {
  const above = dirname(path);
  return existsSync(above) ? above : existingAbove(above);
}
