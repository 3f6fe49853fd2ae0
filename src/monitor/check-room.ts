import { directoryAt } from '../storage/place.ts';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownPlacesOf } from '../server/destination.ts';
import { sevenZipEnvironment } from '../server/programs.ts';
import type { ServerRecord } from '../server/server.ts';
import { openDiskRoom } from '../system/disk-room.ts';
import { createTemporaryDirectory } from '../system/temporary-directory.ts';
import { formatBytes } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { finding, MACHINE, type Examination, type Finding } from './findings.ts';

/** Databases grow: the next archive may be that much larger than the last. */
const ROOM_FACTOR = 1.5;
/** The least room for the parts of an archive that is uploaded while it is written. */
const LEAST_ROOM_BYTES = 256_000_000;

/** Checks whether the temporary directory has room for the largest archive. */
export async function checkTemporaryDirectory(examination: Examination): Promise<Finding> {
  const { temporaryDirectory: path = tmpdir(), temporaryLimitBytes } = examination.environment;
  return await finding(MACHINE, async () => {
    const room = await roomIn(path, examination);
    const archives = await lastArchives(room, examination);
    const whole = largest(archives.filter(({ asWhole }) => asWhole !== undefined));
    const inParts = largest(archives.filter(({ asWhole }) => asWhole === undefined));
    const parts = [`temporary directory ${path}: ${formatBytes(room.freeBytes)} free`];
    if (inParts !== undefined) {
      const atOnce = Math.min(inParts.sizeBytes, temporaryLimitBytes, room.freeBytes);
      parts.push(
        `largest archive to B2 ${formatBytes(inParts.sizeBytes)}, of which about ${formatBytes(atOnce)} lie there at once`,
      );
    }
    if (whole !== undefined) {
      parts.push(`largest archive that has to fit in ${formatBytes(whole.sizeBytes)} (${whole.asWhole})`);
    }
    const message = parts.join(', ');
    const needed = Math.max(whole?.sizeBytes ?? 0, Math.min(inParts?.sizeBytes ?? 0, LEAST_ROOM_BYTES));
    if (room.freeBytes >= needed * ROOM_FACTOR) return { level: 'ok', message };
    const hint =
      'Archives are built there before they are stored. Set PGBAK_TMPDIR to a directory with more space, such as /var/tmp';
    return { level: room.freeBytes < needed ? 'problem' : 'warning', message, hint };
  });
}

/** The next archive may be that much larger than the last one. */
const ARCHIVE_FACTOR = 1.1;

/** A problem where the directory at a place has no room for the next archive of a server; undefined where it has. */
export async function lackOfRoom(
  { id, name }: Pick<ServerRecord, 'id' | 'name'>,
  place: string,
  { catalog }: Pick<Examination, 'catalog'>,
): Promise<Omit<Finding, 'about'> | undefined> {
  const path = directoryAt(place);
  const [last] = (await catalog?.backups.list({ serverIds: [id], goodOnly: true, limit: 1 })) ?? [];
  if (path === undefined || last?.sizeBytes === undefined) return undefined;
  const free = await statfs(path).catch(() => undefined);
  if (free === undefined) return undefined;
  const freeBytes = free.bavail * free.bsize;
  if (freeBytes >= last.sizeBytes * ARCHIVE_FACTOR) return undefined;
  return {
    level: 'problem',
    message: `not enough space in ${path}: the last archive had ${formatBytes(last.sizeBytes)}, ${formatBytes(freeBytes)} are free`,
    hint: `Free some space there, or choose another destination: pgbak edit ${quoted(name)} --destination file:/other/dir`,
  };
}

/** The room in a directory. */
interface TemporaryRoom {
  freeBytes: number;
  /** Why the disk cannot free parts of an archive during its upload; undefined where it can. */
  refusal?: string;
}

async function roomIn(base: string, { environment, signal }: Examination): Promise<TemporaryRoom> {
  await using directory = await createTemporaryDirectory({ base, owner: 'doctor' });
  const { bavail, bsize } = await statfs(base);
  const room = await openDiskRoom(join(directory.path, 'archive'), sevenZipEnvironment(environment), signal);
  return { freeBytes: bavail * bsize, ...(typeof room === 'string' ? { refusal: room } : {}) };
}

/** The largest of a server's last archives, and why all of it must fit; undefined where parts are enough. */
interface Archive {
  sizeBytes: number;
  asWhole: string | undefined;
}

async function lastArchives({ refusal }: TemporaryRoom, { catalog, environment }: Examination): Promise<Archive[]> {
  const isSentWhileWritten = (server: ServerRecord) =>
    knownPlacesOf(server, environment).every((place) => directoryAt(place) === undefined);
  const recent = await catalog?.backups.recent(3);
  return ((await catalog?.servers.units()) ?? []).map((server) => ({
    sizeBytes:
      Math.max(0, ...(recent?.get(server.id) ?? []).map(({ sizeBytes }) => sizeBytes ?? 0)) *
      (server.format === 'directory' ? COPIES_OF_DIRECTORY : 1),
    asWhole:
      server.format === 'directory'
        ? 'with the dump directory that it is made of'
        : isSentWhileWritten(server)
          ? (refusal ?? fetchedAgain(server))
          : 'it goes to a directory',
  }));
}

/** A dump that is a directory lies there beside its archive, and is as large: 7-Zip only packs what is compressed already. */
const COPIES_OF_DIRECTORY = 2;

function fetchedAgain({ verifyAfter }: ServerRecord): string | undefined {
  return verifyAfter === 'archive' || verifyAfter === 'restore' ? 'it is fetched again to be verified' : undefined;
}

function largest(archives: readonly Archive[]): Archive | undefined {
  return archives.reduce<Archive | undefined>(
    (most, one) => (one.sizeBytes > (most?.sizeBytes ?? 0) ? one : most),
    undefined,
  );
}
