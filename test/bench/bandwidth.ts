import { rmSync, statSync } from 'node:fs';
import { methodFlags } from '../../src/archive/archive-stream.ts';
import { startB2ServerProcess } from '../support/b2-server/own-process.ts';
import type { Account } from '../support/pgbak.ts';
import { installedSevenZip } from '../support/seven-zip.ts';
import { pgbak, uploadCommand } from './candidates.ts';
import type { BenchDatabase } from './databases.ts';
import { measure, median } from './measure.ts';

/** A backup over a line on which uploading alone takes as long as compressing alone. */
export interface Balanced {
  megabytesPerSecond: number;
  compressMs: number;
  uploadMs: number;
  runMs: number;
  /** Before this no run could have ended, however good: `soonestEndMs`. */
  soonestMs: number;
}

/** What lay on the disk then. */
interface Look {
  atMs: number;
  sizeBytes: number;
}

const LOOK_EVERY_MS = 20;
/** B2 takes no smaller first part. */
const FIRST_PART_BYTES = 5e6;

/** Measures both alone and then the run, in turns, so often; medians. */
export async function balance(
  account: Account,
  database: BenchDatabase,
  url: string,
  rounds: number,
): Promise<Balanced> {
  const archive = account.folder.at('tmp', 'alone.7z');
  const { file: sevenZip } = await installedSevenZip();
  const method = methodFlags({ method: 'lzma2', level: 1 }).join(' ');
  const compress = `pg_dump '${url}' | '${sevenZip}' a -t7z ${method} -mmt=on -psecret -mhe=on -si'${database.name}.sql' '${archive}' > /dev/null`;
  const timed = async (command: string, env = account.env) =>
    (await measure(command, env, account.temporary)).elapsedMs;

  const firstMs = await timed(compress);
  const bytesPerSecond = (1000 * statSync(archive).size) / firstMs;
  using server = await startB2ServerProcess({ totalUploadBytesPerSecond: bytesPerSecond, keepsOnlyLast: true });
  const env = { ...account.env, ...server.variables };
  const upload = await uploadCommand(archive);
  const run = pgbak('lzma2:1').command(url, database.name);
  const times: Omit<Balanced, 'megabytesPerSecond'>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`${database.name}, round ${round + 1} of ${rounds}: on a line as fast as compression\n`);
    rmSync(archive);
    const looks: Look[] = [];
    const began = performance.now();
    const look = setInterval(
      () => looks.push({ atMs: performance.now() - began, sizeBytes: sizeOf(archive) }),
      LOOK_EVERY_MS,
    );
    const compressMs = await timed(compress);
    clearInterval(look);
    const soonestMs = soonestEndMs(looks, statSync(archive).size, bytesPerSecond);
    const uploadMs = await timed(upload, env);
    times.push({ compressMs, uploadMs, soonestMs, runMs: await timed(run, env) });
  }
  rmSync(archive);
  return {
    megabytesPerSecond: bytesPerSecond / 1e6,
    compressMs: median(times.map(({ compressMs }) => compressMs)),
    uploadMs: median(times.map(({ uploadMs }) => uploadMs)),
    runMs: median(times.map(({ runMs }) => runMs)),
    soonestMs: median(times.map(({ soonestMs }) => soonestMs)),
  };
}

export function balanceText({ megabytesPerSecond, compressMs, uploadMs, runMs, soonestMs }: Balanced): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const atLeast = (soonestMs / Math.max(compressMs, uploadMs)).toFixed(2);
  return (
    `On a line of ${megabytesPerSecond.toFixed(1)} MB/s compressing alone took ${seconds(compressMs)} s, uploading alone ` +
    `${seconds(uploadMs)} s, and the run with \`lzma2:1\` ${seconds(runMs)} s. As that archive grew, no upload could have ended ` +
    `before ${seconds(soonestMs)} s (${atLeast}), even one that began at once and cost nothing.`
  );
}

/**
 * When an upload would end that costs no processor time, begins with the dump and sends each byte the moment it is on the
 * disk, but for the first part, whose header is known at the end: what remains at any moment takes its time on that line.
 */
function soonestEndMs(looks: readonly Look[], wholeBytes: number, bytesPerSecond: number): number {
  return Math.max(
    ...looks.map(({ atMs, sizeBytes }) => {
      const sendableBytes = Math.max(0, sizeBytes - FIRST_PART_BYTES);
      return atMs + (1000 * (wholeBytes - sendableBytes)) / bytesPerSecond;
    }),
  );
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
