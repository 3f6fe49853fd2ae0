import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Installation, refuseControl } from './installation.ts';

/** Where a run writes, besides its temporary directory. */
interface WrittenPlaces {
  directories: readonly string[];
}

/** Rights that pgbak never needs, under any account. */
const DROPPED_RIGHTS = `
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
 * A read-only system, but for the places of backups. /tmp stays the machine's own: it may hold the sockets of servers. No
 * MemoryDenyWriteExecute: V8 writes the code that it runs.
 */
const SANDBOX = `
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

/** root accesses files of other users, and runs a throwaway server under an unprivileged account. */
const OF_ROOT = 'CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID';

/** The first line of each unit, which marks it as pgbak's own. */
export const UNIT_MARK = '# Kept by "pgbak schedule".';

/**
 * The service that backs up what is due (systemd.service(5), systemd.exec(5)), in a sandbox with a read-only system. A user's
 * own manager needs user namespaces for that; where the machine forbids them, the sandbox is left out and named in comments.
 */
export function serviceUnit(installation: Installation, places: WrittenPlaces): string {
  const { node, program, environmentFile, isRoot, mayMakeNamespaces } = installation;
  const sandbox = [
    ...linesOf(SANDBOX),
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
    ...linesOf(DROPPED_RIGHTS),
    ...(mayMakeNamespaces
      ? sandbox
      : [
          '# This machine lets no user make namespaces, and systemd would not start a unit that needs them. Left out:',
          ...sandbox.map((line) => `# ${line}`),
        ]),
  ].join('\n')}\n`;
}

/** The timer: every hour, catches up after a downtime, delayed at random (systemd.timer(5)). */
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

/** Writes a path for a unit: `%` begins a specifier; quotes keep a path with spaces one word of a list. */
function unitPath(path: string, isSingle = false): string {
  refuseControl(path);
  const escaped = path.replaceAll('%', '%%');
  if (isSingle || /^[\w@+=:,./%-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/**
 * The directories that a run may write to, each once. The first run makes a missing one, and must write to the next existing
 * directory above it.
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
