import type { ServerRecord } from '../server/server.ts';
import type { DoctorTools, TemporaryRoom } from './doctor-tools.ts';
import { finding, MACHINE, type Finding } from './findings.ts';
import { problemOf } from './problem-of.ts';

/** More than the last archive was: databases grow. */
const ROOM_FACTOR = 1.5;
/** With less, parts of an archive on its way to B2 would hardly fit in. */
const LEAST_ROOM_BYTES = 256_000_000;

/** Whether the largest archive that is to be expected can be built. */
export async function checkTemporaryDirectory(tools: DoctorTools): Promise<Finding> {
  const { temporaryDirectory: path, temporaryLimitBytes } = tools;
  const work = async (): Promise<Omit<Finding, 'about'>> => {
    const room = await tools.roomIn(path);
    const archives = await lastArchives(tools, room);
    const whole = largest(archives.filter(({ asWhole }) => asWhole !== undefined));
    const inParts = largest(archives.filter(({ asWhole }) => asWhole === undefined));
    const parts = [`temporary directory ${path}: ${gigabytes(room.freeBytes)} free`];
    if (inParts !== undefined) {
      const atOnce = Math.min(inParts.sizeBytes, temporaryLimitBytes, room.freeBytes);
      parts.push(
        `largest archive to B2 ${gigabytes(inParts.sizeBytes)}, of which about ${gigabytes(atOnce)} lie there at once`,
      );
    }
    if (whole !== undefined) {
      parts.push(`largest archive that has to fit in ${gigabytes(whole.sizeBytes)} (${whole.asWhole})`);
    }
    const message = parts.join(', ');
    const needed = Math.max(whole?.sizeBytes ?? 0, Math.min(inParts?.sizeBytes ?? 0, LEAST_ROOM_BYTES));
    if (room.freeBytes >= needed * ROOM_FACTOR) return { level: 'ok', message };
    const hint = 'Set PGBAK_TMPDIR to a directory with more room; archives are built there before they are stored.';
    return { level: room.freeBytes < needed ? 'problem' : 'warning', message, hint };
  };
  return await finding(MACHINE, work, problemOf);
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/** The largest of a server's last archives, and why it has to fit in as a whole; undefined where parts are enough. */
interface Archive {
  sizeBytes: number;
  asWhole: string | undefined;
}

async function lastArchives(
  { catalog, isSentWhileWritten }: DoctorTools,
  { refusal }: TemporaryRoom,
): Promise<Archive[]> {
  const recent = await catalog?.backups.recent(3);
  return ((await catalog?.servers.list()) ?? []).map((server) => ({
    sizeBytes: Math.max(0, ...(recent?.get(server.id) ?? []).map(({ sizeBytes }) => sizeBytes ?? 0)),
    asWhole: isSentWhileWritten(server) ? (refusal ?? fetchedAgain(server)) : 'it goes to a directory',
  }));
}

function fetchedAgain({ verifyAfter }: ServerRecord): string | undefined {
  return verifyAfter === 'archive' || verifyAfter === 'restore' ? 'it is fetched again to be verified' : undefined;
}

function largest(archives: readonly Archive[]): Archive | undefined {
  return archives.reduce<Archive | undefined>(
    (most, one) => (one.sizeBytes > (most?.sizeBytes ?? 0) ? one : most),
    undefined,
  );
}
