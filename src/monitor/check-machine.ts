import type { DoctorTools, TemporaryRoom } from './doctor-tools.ts';
import { finding, type Finding } from './findings.ts';
import { problemOf } from './problem-of.ts';

const MACHINE = 'this machine';

/** Node and the programs that a backup starts. */
export async function checkPrograms(tools: DoctorTools): Promise<Finding[]> {
  const { version, program } = tools;
  const node: Finding = {
    about: MACHINE,
    level: 'ok',
    message: `pgbak ${version} (${program}) on Node ${process.version} (${process.execPath})`,
  };
  const sevenZip = await finding(
    MACHINE,
    async () => {
      const found = await tools.findSevenZip();
      return { level: 'ok', message: `7-Zip ${found.version} (${found.file})` };
    },
    problemOf,
  );
  return [node, sevenZip, ...(await checkClientPrograms(tools))];
}

async function checkClientPrograms(tools: DoctorTools): Promise<Finding[]> {
  try {
    const found = await tools.findClientPrograms();
    if (found.length > 0) {
      return found.map(({ version, pgDump, psql }) => ({
        about: MACHINE,
        level: psql === undefined ? 'warning' : 'ok',
        message: `pg_dump ${version.text} (${pgDump})${psql === undefined ? ', without a psql beside it' : ''}`,
      }));
    }
    const hint = 'Install the client programs: apt install postgresql-client, brew install libpq; or set PGBAK_PG_BIN.';
    return [{ about: MACHINE, level: 'problem', message: 'no pg_dump was found', hint }];
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return [{ about: MACHINE, level: 'problem', ...problem }];
  }
}

/** More than the last archive was: databases grow. */
const ROOM_FACTOR = 1.5;

/** Whether the largest archive that is to be expected can be built. */
export async function checkTemporaryDirectory(tools: DoctorTools): Promise<Finding> {
  const { temporaryDirectory: path } = tools;
  return await finding(
    MACHINE,
    async () => {
      const room = await tools.roomIn(path);
      const hint = 'Set PGBAK_TMPDIR to a directory with more room; archives are built there before they are stored.';
      if (!room.isWritable) {
        return { level: 'problem', message: `the temporary directory ${path} may not be written to`, hint };
      }
      const { largest, atOnce } = await largestArchive(room, tools);
      const parts = [
        `temporary directory ${path}: ${gigabytes(room.freeBytes)} free`,
        `largest archive ${gigabytes(largest)}`,
        ...(atOnce < largest ? [`of which ${gigabytes(atOnce)} at most lie there at once`] : []),
        ...(room.refusal === undefined ? [] : [`which has to fit in as a whole (${room.refusal})`]),
      ];
      const message = parts.join(', ');
      if (room.freeBytes < atOnce) return { level: 'problem', message, hint };
      return room.freeBytes < atOnce * ROOM_FACTOR ? { level: 'warning', message, hint } : { level: 'ok', message };
    },
    problemOf,
  );
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/** The largest of the last archives, and how much of any of them has to be in the temporary directory at once. */
async function largestArchive(
  { refusal }: TemporaryRoom,
  { catalog, temporaryLimitBytes, isSentWhileWritten }: DoctorTools,
): Promise<{ largest: number; atOnce: number }> {
  const recent = await catalog?.backups.recent(3);
  const sizes = ((await catalog?.servers.list()) ?? []).map((server) => {
    const size = Math.max(0, ...(recent?.get(server.id) ?? []).map(({ sizeBytes }) => sizeBytes ?? 0));
    const isBounded = refusal === undefined && isSentWhileWritten(server);
    return { size, atOnce: isBounded ? Math.min(size, temporaryLimitBytes) : size };
  });
  return {
    largest: Math.max(0, ...sizes.map(({ size }) => size)),
    atOnce: Math.max(0, ...sizes.map(({ atOnce }) => atOnce)),
  };
}

/** Whether anything starts pgbak by itself, and when it last did. */
export async function checkScheduler(tools: DoctorTools): Promise<Finding[]> {
  const entries = await tools.findSchedule();
  const [last] = (await tools.catalog?.backups.list({ limit: 1 })) ?? [];
  const when = last === undefined ? 'no backup has been attempted yet' : `last attempt ${last.startedAt.toISOString()}`;
  if (entries.length === 0) {
    const hint = 'Let cron or systemd start it: pgbak schedule';
    return [{ about: MACHINE, level: 'warning', message: `nothing starts pgbak by itself (${when})`, hint }];
  }
  return entries.map(({ what, lastRun, isActive }) => ({
    about: MACHINE,
    level: isActive ? 'ok' : 'warning',
    message: `${what} starts pgbak${lastRun === undefined ? '' : `, last ${lastRun}`}; ${when}`,
    ...(isActive ? {} : { hint: 'It is there but not active: systemctl enable --now pgbak.timer' }),
  }));
}
