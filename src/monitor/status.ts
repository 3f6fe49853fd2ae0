import { dueByAge } from '../backup/due.ts';
import { copyStates, missingInWords, type CopyState } from '../backup/copies-in-words.ts';
import type { RecentVerification } from '../catalog/verification-queries.ts';
import type { BackupRecord, VerificationRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { quoted } from '../core/printable.ts';
import { CLOCK_TOLERANCE_MS, doubtfulTimes, isAhead } from '../core/doubtful-times.ts';
import { misplacedIn } from './lost-directory.ts';
import { heldAmong, type GradedCopy } from '../restore/graded-copies.ts';
import { knownPlacesOf } from '../server/destination.ts';
import { configuredName, goneText } from '../server/cluster-part.ts';
import { CONNECTION_UNKNOWN, lacksConnection, unreadableText, type ServerRecord } from '../server/server.ts';

/** The state of these servers. */
export async function collectStatus(servers: readonly ServerRecord[], context: Context): Promise<ServerStatus[]> {
  const { backups, verifications } = context.catalog;
  const now = context.clock.now();
  const misplacedOf = misplacedIn(context);
  const statuses: ServerStatus[] = [];
  const verified = await verifications.recent();
  const ahead = await backups.ahead(now);
  const ids = servers.map(({ id }) => id);
  const attempts = await backups.newestOfEach(ids, 2);
  const good = await backups.lastGoodOfEach(ids, new Date(now.getTime() + CLOCK_TOLERANCE_MS));
  const further = await backups.furtherCopies([...good.values()].map(({ backupId }) => backupId));
  const rows = [...good.values(), ...[...further.values()].flat()];
  const verdicts = await verifications.verdictsOf(rows.map(({ backupId }) => backupId));
  for (const server of servers) {
    const [newest, other] = attempts.get(server.id) ?? [];
    // An attempt that still runs tells nothing yet.
    const lastAttempt = newest?.result === 'running' ? other : newest;
    const lastGood = good.get(server.id);
    const doubtful = doubtfulTimes(
      ahead.filter(({ serverId }) => serverId === server.id),
      now,
    );
    const verification = verified.get(server.id);
    // A server without backups is NEVER, wherever its directory is.
    const misplaced = lastGood === undefined ? undefined : await misplacedOf(server);
    const recorded = lastGood === undefined ? [] : [lastGood, ...(further.get(lastGood.backupId) ?? [])];
    const copies = recorded.map((copy) => ({ ...copy, ...verdicts.get(copy.backupId) }));
    const held = heldAmong(copies);
    const foundBad = held.every((copy) => copy.foundBad !== undefined) ? held[0]?.foundBad : undefined;
    const places = placeStates(copies, misplaced, knownPlacesOf(server, context.environment));
    statuses.push(
      statusOf(server, { lastGood, lastAttempt, verification, foundBad, doubtful, misplaced, places }, now),
    );
  }
  return statuses;
}

/**
 * `NEVER`: no attempt has succeeded or failed yet. `FAILING`: the last attempt failed, the last good backup was verified
 * and found bad, the directory of the archives is gone, or the connection string is not known. `LATE`: the last good backup is too
 * old. `INCOMPLETE`: one of its places does not hold it. `WARNING`: it has a warning, such as a changed size.
 */
export const STATES = ['OK', 'WARNING', 'INCOMPLETE', 'LATE', 'FAILING', 'NEVER'] as const;
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
  /** The verification that found its last good backup bad, where no copy of it is good. */
  foundBad: VerificationRecord | undefined;
  /** Why its directory is not the one that holds its archives. */
  misplaced: string | undefined;
  /** How each of its places of today holds its last good backup. */
  places: readonly CopyState[];
}

/** The facts that decide a server's state. */
interface Evidence {
  /** The newest one, but for those that claim to be made later than now. */
  lastGood: BackupRecord | undefined;
  lastAttempt: BackupRecord | undefined;
  verification: RecentVerification | undefined;
  /** The verification that found the last good backup bad, where no copy of it is good. */
  foundBad: VerificationRecord | undefined;
  /** A sentence about good backups that claim to be made later than now. */
  doubtful: string | undefined;
  /** Why its directory is not the one that holds its archives. */
  misplaced: string | undefined;
  places: readonly CopyState[];
}

const HOUR_MS = 3_600_000;

/**
 * How long a backup may be overdue before it is late: a quarter of its frequency, from one hour (a long dump is no alarm)
 * to twelve.
 */
function lateGraceMs(frequencyHours: number): number {
  return HOUR_MS * Math.min(Math.max(frequencyHours / 4, 1), 12);
}

/** The state of a server at `now`. */
function statusOf(server: ServerRecord, evidence: Evidence, now: Date): ServerStatus {
  const [state, reason] = judge(server, evidence, now);
  const { id: serverId, name, frequencyHours } = server;
  const { lastGood, lastAttempt, verification, foundBad, misplaced, places } = evidence;
  const verified = verification?.lastGood;
  const lastVerified = verified === undefined || isAhead(verified.verifiedAt, now) ? undefined : verified;
  return {
    serverId,
    name,
    state,
    reason,
    frequencyHours,
    lastGood,
    lastAttempt,
    lastVerified,
    foundBad,
    misplaced,
    places,
  };
}

function judge(
  server: ServerRecord,
  { lastGood, lastAttempt, foundBad, doubtful, misplaced, places }: Evidence,
  now: Date,
): [State, string | undefined] {
  const unreadable = unreadableText(server);
  if (unreadable !== undefined) return ['FAILING', unreadable];
  if (lacksConnection(server)) {
    const command = `pgbak edit ${quoted(configuredName(server))} --connection-string URL`;
    return ['FAILING', `its connection string is ${CONNECTION_UNKNOWN}. Set it: ${command}`];
  }
  if (misplaced !== undefined) return ['FAILING', misplaced];
  const { partOf } = server;
  if (partOf?.goneAt !== undefined) return ['WARNING', goneText(partOf)];
  if (lastAttempt?.result === 'failed') return ['FAILING', lastAttempt.error?.split('\n', 1)[0]];
  if (foundBad !== undefined) return ['FAILING', `verified and found bad: ${foundBad.message}`];
  if (lastGood === undefined) {
    if (doubtful === undefined) return ['NEVER', 'no backup has succeeded yet'];
    return ['LATE', `the age of its last good backup is unknown: ${doubtful}`];
  }
  // After a clock was set back, the last run is older than the last good backup.
  const dues = [dueByAge(server, now), dueByAge({ ...server, lastSuccessRun: lastGood.startedAt }, now)];
  const dueMs = Math.max(...dues.map((due) => due?.getTime() ?? 0));
  if (dueMs + lateGraceMs(server.frequencyHours) < now.getTime()) {
    return ['LATE', `should be there every ${server.frequencyHours} h; does cron or the timer start pgbak?`];
  }
  const missing = missingInWords(places);
  // A place that was added later gets the backups from then on.
  if (missing !== undefined && places.some(({ error }) => error !== undefined)) return ['INCOMPLETE', missing];
  const warning = doubtful ?? lastGood.warnings[0];
  return warning === undefined ? ['OK', undefined] : ['WARNING', warning];
}

/** How each place of a server holds a backup; without places that can be told, how those hold it that were recorded. */
function placeStates(
  copies: readonly GradedCopy[],
  misplaced: string | undefined,
  places: readonly string[],
): CopyState[] {
  const recorded = copyStates(copies);
  const [own] = recorded;
  const states = recorded.map((state) =>
    state === own && misplaced !== undefined ? { place: state.place, error: misplaced } : state,
  );
  if (places.length === 0) return states;
  return places.map((place) => states.find((state) => state.place === place) ?? { place });
}

/** As wide as the beginning of a reason may be that does not fit. */
const SHORT_REASON = 100;

/** The beginning of a reason: its first sentence, or the first words of one that is long. */
export function shortReason(reason: string): string {
  const [first = reason] = /^.*?[.;](?= )/s.exec(reason) ?? [];
  if (first.length <= SHORT_REASON) return first;
  return `${first.slice(0, SHORT_REASON).replace(/\s+\S*$/, '')} ...`;
}

/** In how many of its places a server's last good backup is. */
export function placeCount({ places }: Pick<ServerStatus, 'places'>): PlaceCount {
  return { held: places.filter(({ objectId }) => objectId !== undefined).length, of: Math.max(places.length, 1) };
}

export interface PlaceCount {
  held: number;
  of: number;
}

/** A server as `status --json` prints it; null where a value does not apply. */
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
  /** In how many of its places the last good backup is. */
  places: PlaceCount;
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
    places: placeCount(status),
  };
}
