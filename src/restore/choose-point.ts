import { findBackup } from '../catalog/find-server.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { CLOCK_TOLERANCE_MS, DOUBTFUL_TIMES_HINT, doubtfulTimes, isAhead } from '../core/doubtful-times.ts';
import { ConfigError } from '../core/errors.ts';
import { formatInstant, formatMade } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { parseTypedTime, type TypedTime } from '../core/time-zone.ts';
import type { ServerRecord } from '../server/server.ts';

/** A stored backup whose record holds enough to fetch it. */
export type RestorePoint = BackupRecord & Required<Pick<BackupRecord, 'place' | 'objectId' | 'objectName' | 'format'>>;

/** What `--at` asks for, when it is no id. */
type Wish = { kind: 'latest' } | ({ kind: 'time' } & TypedTime);

/**
 * Finds the restore point of a server for `at`: `latest`, a time, or a backup's id. An id may also name a failed backup
 * that was stored, which may be the only one left. Throws a `ConfigError` where there is none.
 */
export async function findPoint(server: ServerRecord, at: string, context: Context): Promise<RestorePoint> {
  const { catalog, clock, report, zones } = context;
  const now = clock.now();
  if (!/^\d+$/.test(at)) {
    const wish = wishOf(at, context);
    const good = await candidates(catalog, server.id, wish, now);
    const point = await choosePoint(good, wish, server, context);
    const passedOver = doubtfulTimes(good, now, (instant) => formatInstant(instant, { zone: zones.shown }));
    if (passedOver !== undefined) {
      report({ type: 'note', server: server.name, message: `passed over for --at ${at}: ${passedOver}` });
    }
    return point;
  }
  const backup = await findBackup(catalog, Number(at), [String(server.id)]);
  const hint = `See what there is: pgbak backups ${quoted(server.name)}`;
  if (backup.removedAt !== undefined) {
    const when = formatMade(backup.removedAt, now, { zone: zones.shown });
    throw new ConfigError(`backup ${at} of ${server.name} was removed from storage, ${when}`, hint);
  }
  if (backup.result !== 'success' && backup.objectId === undefined) {
    throw new ConfigError(`backup ${at} of ${server.name} failed, and nothing of it was stored`, hint);
  }
  return asRestorePoint(backup);
}

/** The id of the server of a backup, where `at` is the id of that backup. Undefined for other texts, and where the server was deleted. */
export async function serverOfId(at: string | undefined, { catalog }: Context): Promise<string | undefined> {
  if (at === undefined || !/^\d+$/.test(at)) return undefined;
  const { serverId } = await findBackup(catalog, Number(at), undefined);
  return serverId === undefined ? undefined : String(serverId);
}

/** All restore points of a server, newest first. Throws a `ConfigError` where there is none. */
export async function allPoints(server: ServerRecord, { catalog, report }: Context): Promise<RestorePoint[]> {
  const newest = await catalog.backups.newestPoints(Number.MAX_SAFE_INTEGER, [server.id]);
  const backups = newest.filter(({ serverId }) => serverId === server.id);
  if (backups.length === 0) throw noBackup(server);
  const points = backups.filter(({ place, objectId }) => place !== undefined && objectId !== undefined);
  const left = backups.length - points.length;
  if (left > 0) {
    const message = `${left === 1 ? '1 backup is' : `${left} backups are`} left out: the earlier program did not note where it put them`;
    report({ type: 'note', server: server.name, message });
  }
  return points.map((backup) => asRestorePoint(backup));
}

/** Reads what `--at` asks for, when it is no id. Throws a `ConfigError` for another text, and for a time that is still to come. */
export function wishOf(at: string, { clock, zones }: Pick<Context, 'clock' | 'zones'>): Wish {
  if (at === 'latest') return { kind: 'latest' };
  const now = clock.now();
  const time = parseTypedTime(at, zones.typed, now);
  const isLocal = zones.typed === 'local';
  if (time === undefined) {
    // Whatever else stands there may be a secret.
    const typed = /^[\w .+-]{1,40}$/.test(at) ? `--at ${at}` : 'the value of --at';
    const today = formatInstant(now, { zone: zones.typed });
    const zone = isLocal ? `local times (${today.slice(-6)} now)` : 'UTC';
    throw new ConfigError(
      `${typed} is neither "latest", nor the id of a backup, nor a time`,
      `Times look like 10:15, yesterday, "yesterday 10:15", 2026-11-23 or "2026-11-23 10:15", which are ${zone}; or 2026-11-23T10:15Z.`,
    );
  }
  if (isAhead(time.from, now)) {
    throw new ConfigError(
      `--at ${at} is still to come: it is ${formatInstant(now, { zone: zones.shown })} now`,
      'For the newest backup leave --at out.',
    );
  }
  return { kind: 'time', ...time };
}

/** The good backup of a server that is meant, and those of a doubtful time, out of a log of a million entries. */
async function candidates(
  { backups }: Context['catalog'],
  serverId: number,
  wish: Wish,
  now: Date,
): Promise<BackupRecord[]> {
  const latest = now.getTime() + CLOCK_TOLERANCE_MS;
  const until = new Date(wish.kind === 'latest' ? latest : Math.min(wish.until.getTime(), latest));
  const meant = await backups.list({ serverIds: [serverId], goodOnly: true, limit: 1, until });
  return [...meant, ...(await backups.ahead(now, serverId))];
}

/** Chooses the candidate that is meant. Backups that claim to have begun later than `now` do not count. */
async function choosePoint(
  backups: readonly BackupRecord[],
  wish: Wish,
  server: ServerRecord,
  { catalog, clock, zones }: Context,
): Promise<RestorePoint> {
  const now = clock.now();
  const zone = { zone: zones.shown };
  const found = backups.find(({ startedAt }) => !isAhead(startedAt, now));
  if (found !== undefined) return asRestorePoint(found);
  const doubtful = doubtfulTimes(backups, now, (instant) => formatInstant(instant, zone));
  if (doubtful !== undefined) throw new ConfigError(doubtful, `Name one by its id: --at ID. ${DOUBTFUL_TIMES_HINT}`);
  const oldest = await catalog.backups.oldestPoint(server.id);
  if (wish.kind === 'latest' || oldest === undefined) {
    throw noBackup(server);
  }
  throw new ConfigError(
    `there is no backup of ${server.name} from ${formatInstant(wish.from, zone)} or before`,
    `The oldest is backup ${oldest.backupId}, made ${formatMade(oldest.startedAt, now, zone)}: --at ${oldest.backupId}${wish.isDay ? '\nA day alone stands for its 00:00.' : ''}`,
  );
}

function noBackup({ name }: ServerRecord): ConfigError {
  return new ConfigError(`there is no good backup of ${name} yet`, `Make one: pgbak run ${quoted(name)} --force`);
}

/** `backup 17 of shop, made 2026-11-26 17:55 +01:00 (2 hours ago)`. */
export function describePoint(
  { backupId, serverName, startedAt }: RestorePoint,
  { clock, zones }: Pick<Context, 'clock' | 'zones'>,
): string {
  return `backup ${backupId} of ${serverName}, made ${formatMade(startedAt, clock.now(), { zone: zones.shown })}`;
}

/** Turns a stored backup into a restore point. Throws a `ConfigError` where its record holds too little. */
export function asRestorePoint(backup: BackupRecord): RestorePoint {
  const { place, objectId, objectName, format } = backup;
  if (place === undefined || objectId === undefined || objectName === undefined || format === undefined) {
    throw new ConfigError(
      `backup ${backup.backupId} was made by the earlier program, which did not note where it is`,
      'Fetch it by hand: the README tells how to open it.',
    );
  }
  return { ...backup, place, objectId, objectName, format };
}
