import type { Installation } from './installation.ts';

/** What a run writes to, besides its temporary directory. */
export interface WrittenPlaces {
  directories: readonly string[];
}

/** The first line of each unit, by which it is known as our own. */
export const UNIT_MARK = '# Kept by "pgbak schedule".';

/**
 * The service that backs up what is due (systemd.service(5), systemd.exec(5)). For root it sees a read-only system; a
 * user's own manager may not build such walls everywhere, so that there it only gives up what it never needs.
 */
export function serviceUnit({ node, program, environmentFile, isRoot }: Installation, places: WrittenPlaces): string {
  const walls = [
    'PrivateTmp=yes',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    'ProtectKernelTunables=yes',
    'ProtectControlGroups=yes',
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
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictSUIDSGID=yes',
    'RestrictRealtime=yes',
    ...(isRoot ? walls : []),
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

/** A path as a unit takes it: `%` begins a specifier; quotes keep spaces together where there is a list of words. */
function unitPath(path: string, isSingle = false): string {
  const escaped = path.replaceAll('%', '%%');
  if (isSingle || /^[\w@+=:,./%-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
