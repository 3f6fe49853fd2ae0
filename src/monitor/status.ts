import { nextDue } from '../backup/due.ts';
import { isAhead } from '../core/doubtful-times.ts';
import type { RecentVerification } from '../catalog/verification-queries.ts';
import type { BackupRecord, VerificationRecord } from '../core/backup-record.ts';
import type { ServerRecord } from '../server/server.ts';
import { unreadableText } from '../server/unreadable.ts';

/**
 * `NEVER`: no good backup, and none has failed yet. `FAILING`: the last attempt failed, the last good backup was verified
 * and found bad, or the directory of the archives is gone. `LATE`: the last good backup is
 * older than it should be. `WARNING`: it is good, but its size changed or the like.
 */
export const STATES = ['OK', 'WARNING', 'LATE', 'FAILING', 'NEVER'] as const;
export type State = (typeof STATES)[number];

export interface ServerStatus {
  serverId: number;
  name: string;
  state: State;
  /** Why it is not OK. */
  reason: string | undefined;
  frequencyHours: number;
  lastGood: BackupRecord | undefined;
  lastAttempt: BackupRecord | undefined;
  /** The newest verification that read a whole backup and found it good. */
  lastVerified: VerificationRecord | undefined;
}

/** What a server's state is judged by. */
export interface Evidence {
  /** The newest that was not made, as it says, later than now. */
  lastGood: BackupRecord | undefined;
  lastAttempt: BackupRecord | undefined;
  verification: RecentVerification | undefined;
  /** What to say of good backups whose time lies ahead. */
  doubtful: string | undefined;
  /** Why the directory that its archives go to is not the one that earlier ones are in. */
  misplaced: string | undefined;
}

const HOUR_MS = 3_600_000;

/**
 * How long after its time a backup may still be under way before it counts as late: a quarter of its frequency, at
 * least an hour, since a long dump is no alarm, and at most twelve.
 */
export function lateGraceMs(frequencyHours: number): number {
  return HOUR_MS * Math.min(Math.max(frequencyHours / 4, 1), 12);
}

/** How a server's backups stand at `now`. */
export function statusOf(server: ServerRecord, evidence: Evidence, now: Date): ServerStatus {
  const [state, reason] = judge(server, evidence, now);
  const { id: serverId, name, frequencyHours } = server;
  const { lastGood, lastAttempt, verification } = evidence;
  const verified = verification?.lastGood;
  const lastVerified = verified === undefined || isAhead(verified.verifiedAt, now) ? undefined : verified;
  return { serverId, name, state, reason, frequencyHours, lastGood, lastAttempt, lastVerified };
}

function judge(
  server: ServerRecord,
  { lastGood, lastAttempt, verification, doubtful, misplaced }: Evidence,
  now: Date,
): [State, string | undefined] {
  const unreadable = unreadableText(server);
  if (unreadable !== undefined) return ['FAILING', unreadable];
  if (misplaced !== undefined) return ['FAILING', misplaced];
  if (lastAttempt?.result === 'failed') return ['FAILING', lastAttempt.error?.split('\n', 1)[0]];
  const verified = verification?.last;
  if (verified?.isGood === false && verified.backupId === lastGood?.backupId) {
    return ['FAILING', `verified and found bad: ${verified.message}`];
  }
  if (lastGood === undefined) {
    if (doubtful === undefined) return ['NEVER', 'no backup has succeeded yet'];
    return ['LATE', `how old its last good backup is cannot be told: ${doubtful}`];
  }
  // A clock that was set back makes the last run older than the last good backup.
  const dues = [nextDue(server, now), nextDue({ ...server, lastSuccessRun: lastGood.startedAt }, now)];
  const dueMs = Math.max(...dues.map((due) => due?.getTime() ?? 0));
  if (dueMs + lateGraceMs(server.frequencyHours) < now.getTime()) {
    return ['LATE', `should be there every ${server.frequencyHours} h; does cron or the timer start pgbak?`];
  }
  const warning = doubtful ?? lastGood.warnings[0];
  return warning === undefined ? ['OK', undefined] : ['WARNING', warning];
}
