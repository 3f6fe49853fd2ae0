import type { ServerStatus, State } from '../monitor/status.ts';
import { formatAgo, formatBytes } from '../core/format.ts';
import { paint, type Color } from './paint.ts';

/** A server as `status --json` prints it; what does not apply is null. */
export interface StatusRow {
  serverId: number;
  name: string;
  state: State;
  reason: string | null;
  lastSuccess: string | null;
  lastSuccessAgeSeconds: number | null;
  lastAttempt: string | null;
  size: number | null;
  lastVerified: string | null;
  lastVerifiedLevel: string | null;
}

export function statusRow(status: ServerStatus, now: Date): StatusRow {
  const { serverId, name, state, reason, lastGood, lastAttempt, lastVerified } = status;
  const age = lastGood === undefined ? null : Math.round((now.getTime() - lastGood.startedAt.getTime()) / 1000);
  return {
    serverId,
    name,
    state,
    reason: reason ?? null,
    lastSuccess: lastGood?.startedAt.toISOString() ?? null,
    lastSuccessAgeSeconds: age,
    lastAttempt: lastAttempt?.startedAt.toISOString() ?? null,
    size: lastGood?.sizeBytes ?? null,
    lastVerified: lastVerified?.verifiedAt.toISOString() ?? null,
    lastVerifiedLevel: lastVerified?.level ?? null,
  };
}

export const STATUS_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'state' },
  { title: 'last good backup', shrinksTo: 8 },
  { title: 'size', droppedAs: 1 },
  { title: 'last verified', shrinksTo: 8, droppedAs: 2 },
  { title: 'why', shrinksTo: 15 },
];

const COLORS: Record<State, Color> = { OK: 'green', WARNING: 'yellow', LATE: 'red', FAILING: 'red', NEVER: 'yellow' };

/** The cells of a server's line in the table of `status`. */
export function statusCells({ name, state, reason, lastGood, lastVerified }: ServerStatus, now: Date): string[] {
  return [
    name,
    paint(COLORS[state], state),
    lastGood === undefined ? 'never' : formatAgo(lastGood.startedAt, now),
    lastGood?.sizeBytes === undefined ? '' : formatBytes(lastGood.sizeBytes),
    lastVerified === undefined ? 'never' : formatAgo(lastVerified.verifiedAt, now),
    reason ?? '',
  ];
}
