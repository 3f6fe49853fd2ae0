import { cpus } from 'node:os';
import { PARTS_IN_FLIGHT } from '../../src/storage/streaming/send-parts.ts';
import { startB2ServerProcess } from '../support/b2-server/own-process.ts';
import { newAccount } from '../support/pgbak.ts';
import { startS3ServerProcess } from '../support/s3-server/own-process.ts';
import type { UploadRates } from '../support/throttle.ts';
import { pgbak } from './candidates.ts';
import { lastSize, medians } from './compare.ts';
import type { BenchDatabase } from './databases.ts';
import { measure, median, type Cost } from './measure.ts';

/** What a backup to some places cost: medians. */
export interface Placed extends Cost {
  name: Name;
  archiveBytes: number;
  /** What the test servers took of the processors. */
  serversMs: number;
  /** How busy the processors were, with whatever else ran on the machine: 1 is all of them. */
  busy: number;
}

/** One database to B2, to S3, to both at once, and to a directory as well. */
export interface Places {
  database: string;
  unlimited: readonly Placed[];
  /** Each place has a line on which uploading takes as long as compressing; a connection carries its share of it. */
  onLines: readonly Placed[];
  lineBytesPerSecond: number;
}

/** The places, by the name of the server whose backups go there. */
export const WHERE = {
  b2: 'B2',
  s3: 'S3',
  both: 'B2 and S3 at once',
  three: 'B2, S3 and a directory at once',
};
export type Name = keyof typeof WHERE;
export const COMPRESSION = 'lzma2:1';

/** Lets the places take turns at a database, so often: first without limits, then on lines as fast as compression. */
export async function measurePlaces({ name: database }: BenchDatabase, url: string, rounds: number): Promise<Places> {
  const unlimited = await takeTurns(['b2', 's3', 'both', 'three'], { database, url, rounds }, {});
  const { archiveBytes, elapsedMs } = placed(unlimited, 'b2');
  const lineBytesPerSecond = (1000 * archiveBytes) / elapsedMs;
  const rates = { uploadBytesPerSecond: lineBytesPerSecond / PARTS_IN_FLIGHT };
  const onLines = await takeTurns(['b2', 's3', 'both'], { database, url, rounds }, rates);
  return { database, unlimited, onLines, lineBytesPerSecond };
}

async function takeTurns(
  names: readonly Name[],
  { database, url, rounds }: { database: string; url: string; rounds: number },
  rates: UploadRates,
): Promise<Placed[]> {
  using b2 = await startB2ServerProcess({ ...rates, keepsOnlyLast: true });
  using s3 = await startS3ServerProcess({ ...rates, keepsOnlyLast: true });
  using account = newAccount({ ...b2.variables, ...s3.variables, ARCHIVE_PASSWORD: 'secret' });
  const directory = `file:${account.folder.at('backups')}`;
  const both = [b2.place, s3.place];
  const places: Record<Name, string[]> = { b2: [b2.place], s3: [s3.place], both, three: [...both, directory] };
  for (const name of names) {
    const destinations = places[name].flatMap((place) => ['--destination', place]);
    const flags = ['--name', name, '--connection-string', url, '--create-destination'];
    const { status, stderr } = await account.pgbak('add', ...flags, ...destinations);
    if (status !== 0) throw new Error(stderr);
  }
  const turns = names.map((): (Cost & Pick<Placed, 'serversMs' | 'busy'>)[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, name] of names.entries()) {
      process.stderr.write(`${database}, round ${round + 1} of ${rounds}: to ${WHERE[name]}\n`);
      const serversBefore = b2.processorMs() + s3.processorMs();
      const before = machineTimes();
      const cost = await measure(pgbak(COMPRESSION).command(url, name), account.env, account.temporary);
      const after = machineTimes();
      const busy = (after.busyMs - before.busyMs) / (after.allMs - before.allMs);
      turns[index]?.push({ ...cost, busy, serversMs: b2.processorMs() + s3.processorMs() - serversBefore });
    }
  }
  const measured: Placed[] = [];
  for (const [index, name] of names.entries()) {
    const costs = turns[index] ?? [];
    measured.push({
      name,
      archiveBytes: await lastSize(account, name),
      serversMs: median(costs.map(({ serversMs }) => serversMs)),
      busy: median(costs.map(({ busy }) => busy)),
      ...medians(costs),
    });
  }
  return measured;
}

/** Of all processors since the machine started. */
function machineTimes(): { busyMs: number; allMs: number } {
  const times = cpus().map((one) => one.times);
  const allMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { allMs, busyMs: allMs - times.reduce((sum, { idle }) => sum + idle, 0) };
}

export function placed(measured: readonly Placed[], name: Name): Placed {
  const found = measured.find((one) => one.name === name);
  if (found === undefined) throw new Error(`not measured: ${name}`);
  return found;
}
