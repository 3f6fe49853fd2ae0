import type { RunEvent } from '../core/events.ts';
import { tableInDumpLine } from '../core/archive-format.ts';
import { formatBytes, formatDuration, formatPercent, formatRoughBytes, formatRoughDuration } from '../core/format.ts';
import { PHASES } from '../core/log-lines.ts';

/** How far one backup is. */
export interface Position {
  /** Which backup of the run it is, where there are several: `(1 of 3)`. */
  turn: string;
  startedAtMs: number;
  doing: string;
  phaseStartedAtMs: number;
  /** The dump waits for the upload. */
  isHeld: boolean;
  table: string;
  tablesSeen: number;
  tableCount: number;
  /** Rough sizes of the tables, and of those that were dumped before the present one. */
  roughBytes: ReadonlyMap<string, number>;
  dumpedBytes: number;
  /** So much of the dump is written, and was when the present table began. */
  dumpBytes: number;
  dumpBytesBefore: number;
  /** So much of it is of earlier tables whose rough size is not known. */
  unknownBytes: number;
  archivedBytes: number | undefined;
  /** The size of the last archive of the same kind. */
  lastBytes: number | undefined;
  /** Set when the archive is whole. */
  upload: { startedAtMs: number; sizeBytes: number; sentBytes: number; sentBeforeBytes: number } | undefined;
}

export function newPosition({ number, count }: { number: number; count: number }, nowMs: number): Position {
  return {
    turn: count > 1 ? `(${number} of ${count})` : '',
    startedAtMs: nowMs,
    doing: 'starting',
    phaseStartedAtMs: nowMs,
    isHeld: false,
    table: '',
    tablesSeen: 0,
    tableCount: 0,
    roughBytes: new Map(),
    dumpedBytes: 0,
    dumpBytes: 0,
    dumpBytesBefore: 0,
    unknownBytes: 0,
    archivedBytes: undefined,
    lastBytes: undefined,
    upload: undefined,
  };
}

/** Takes from an event how far the backup is. */
export function follow(event: RunEvent, position: Position, nowMs: number): void {
  switch (event.type) {
    case 'phase':
      position.doing = PHASES[event.phase];
      position.phaseStartedAtMs = nowMs;
      // Without this, the speed of a finished upload would go on falling.
      position.upload = undefined;
      return;
    case 'tables':
      position.tableCount = event.count;
      position.roughBytes = event.roughBytes;
      return;
    case 'measure':
      position.lastBytes = event.archiveBytes;
      return;
    case 'dump-line': {
      const table = tableInDumpLine(event.line);
      if (table === undefined) return;
      position.dumpedBytes += position.roughBytes.get(position.table) ?? 0;
      position.unknownBytes += unknownOfThis(position);
      position.dumpBytesBefore = position.dumpBytes;
      position.tablesSeen += 1;
      position.table = table;
      return;
    }
    case 'held':
      position.isHeld = event.isHeld;
      return;
    case 'archived':
      position.archivedBytes = event.archiveBytes;
      position.dumpBytes = event.dumpBytes ?? 0;
      return;
    case 'uploaded': {
      const { sentBytes, sizeBytes } = event;
      position.upload ??= { startedAtMs: nowMs, sizeBytes, sentBytes, sentBeforeBytes: sentBytes };
      position.upload.sentBytes = sentBytes;
      return;
    }
    case 'cleaned':
    case 'note':
    case 'started':
    case 'warning':
    case 'succeeded':
    case 'incomplete':
    case 'pruned':
    case 'failed':
    case 'step':
    case 'fetched':
    case 'copied':
  }
}

/** An earlier speed would only measure the buffers of this machine. */
const BEFORE_SPEED_MS = 1000;
/** An earlier guess would jump about. */
const BEFORE_GUESS_MS = 2000;
const BEFORE_GUESS_SHARE = 0.02;

interface Part {
  text: string;
  /** What goes first where the line is too long: the least. Without it the part stays. */
  rank?: number;
  /** Stands behind a comma. */
  isApart?: boolean;
}

/**
 * `shop (1 of 3) 44 % of about 277 MB, public.visit, about 3 s left`.
 *
 * @param fits whether there is room for a line; a shorter one leaves out what matters least
 */
export function lineOf(
  server: string,
  position: Position,
  nowMs: number,
  fits: (line: string) => boolean = () => true,
): string {
  let parts: Part[] = [{ text: server }, { text: position.turn, rank: 2 }, ...partsOf(position, nowMs)];
  parts = parts.filter(({ text }) => text !== '');
  while (!fits(joined(parts))) {
    const least = Math.min(...parts.map(({ rank = Number.POSITIVE_INFINITY }) => rank));
    if (least === Number.POSITIVE_INFINITY) break;
    parts = parts.filter(({ rank }) => rank !== least);
  }
  return joined(parts);
}

function joined(parts: readonly Part[]): string {
  return parts.reduce(
    (line, { text, isApart }) => (line === '' ? text : `${line}${isApart === true ? ', ' : ' '}${text}`),
    '',
  );
}

const HELD = 'waiting for the upload';

function partsOf(position: Position, nowMs: number): Part[] {
  const { doing, isHeld, table, upload, startedAtMs } = position;
  if (upload !== undefined) return uploadParts(doing, upload, nowMs);
  const seconds = Math.floor((nowMs - startedAtMs) / 1000);
  const elapsed: Part = { text: seconds === 0 ? '' : formatDuration(seconds * 1000), rank: 4, isApart: true };
  if (doing !== PHASES.dumping) return [{ text: doing }, elapsed];
  const what: Part = { text: isHeld ? HELD : table, rank: 1, isApart: true };
  const share = shareOf(position);
  if (share === undefined) return [...unmeasured(position), elapsed];
  const elapsedMs = nowMs - position.phaseStartedAtMs;
  const left = leftOf(share.fraction, isHeld ? 0 : elapsedMs);
  const about: Part = { text: `of about ${formatRoughBytes(share.ofBytes)}`, rank: 3 };
  return [
    { text: formatPercent(share.fraction) },
    about,
    what,
    left === '' ? elapsed : { text: left, rank: 4, isApart: true },
  ];
}

/** A dump whose size cannot be estimated. */
function unmeasured({ doing, isHeld, table, tablesSeen, tableCount, archivedBytes }: Position): Part[] {
  const place = table === '' ? '' : `${table} (table ${tablesSeen} of ${Math.max(tableCount, tablesSeen)})`;
  return [
    { text: isHeld ? HELD : doing },
    { text: isHeld ? '' : place, rank: 1 },
    { text: archivedBytes === undefined ? '' : `${formatBytes(archivedBytes)} archived`, rank: 3, isApart: true },
  ];
}

const MOST_OF_A_TABLE = 0.95;
/** With more of unknown size than this share of the known, the rough sizes measure nothing. */
const MOST_UNKNOWN = 0.1;

/** PostgreSQL knows no size of a table that was never analyzed. */
function unknownOfThis({ table, roughBytes, dumpBytes, dumpBytesBefore }: Position): number {
  return table === '' || roughBytes.has(table) ? 0 : dumpBytes - dumpBytesBefore;
}

/** How much of a dump is done: measured by the last archive of its kind, else by the tables that went before. */
function shareOf(position: Position): { fraction: number; ofBytes: number } | undefined {
  const { archivedBytes = 0, lastBytes, roughBytes, dumpedBytes, dumpBytes, dumpBytesBefore, table } = position;
  if (lastBytes !== undefined && lastBytes > 0) {
    // One that has grown beyond the last one can no longer be measured by it.
    return archivedBytes > lastBytes ? undefined : { fraction: archivedBytes / lastBytes, ofBytes: lastBytes };
  }
  const ofBytes = [...roughBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (position.unknownBytes + unknownOfThis(position) > MOST_UNKNOWN * ofBytes) return undefined;
  // Its rows as text take more or less than their pages.
  const ofThisBytes = Math.min(dumpBytes - dumpBytesBefore, MOST_OF_A_TABLE * (roughBytes.get(table) ?? 0));
  return ofBytes === 0 ? undefined : { fraction: (dumpedBytes + ofThisBytes) / ofBytes, ofBytes };
}

function uploadParts(doing: string, upload: NonNullable<Position['upload']>, nowMs: number): Part[] {
  const { startedAtMs, sizeBytes, sentBytes, sentBeforeBytes } = upload;
  const elapsedMs = nowMs - startedAtMs;
  const fraction = sentBytes / Math.max(sizeBytes, 1);
  // Bytes that were sent during the dump took other time.
  const bytesPerSecond = (1000 * Math.max(sentBytes - sentBeforeBytes, 0)) / Math.max(elapsedMs, 1);
  const speed = elapsedMs < BEFORE_SPEED_MS ? '' : `${formatBytes(Math.round(bytesPerSecond))}/s`;
  const leftMs = (1000 * (sizeBytes - sentBytes)) / Math.max(bytesPerSecond, 1);
  const left = elapsedMs < BEFORE_GUESS_MS || sentBytes >= sizeBytes ? '' : `about ${formatRoughDuration(leftMs)} left`;
  return [
    { text: `${doing} ${formatPercent(fraction)}` },
    { text: `of ${formatBytes(sizeBytes)}`, rank: 3 },
    { text: speed, rank: 1, isApart: true },
    { text: left, rank: 4, isApart: true },
  ];
}

function leftOf(fraction: number, elapsedMs: number): string {
  if (elapsedMs < BEFORE_GUESS_MS || fraction < BEFORE_GUESS_SHARE) return '';
  return `about ${formatRoughDuration((elapsedMs * (1 - fraction)) / fraction)} left`;
}
