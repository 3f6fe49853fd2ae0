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
}

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
  const times: { compressMs: number; uploadMs: number; runMs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`${database.name}, round ${round + 1} of ${rounds}: on a line as fast as compression\n`);
    rmSync(archive);
    const compressMs = await timed(compress);
    const uploadMs = await timed(upload, env);
    times.push({ compressMs, uploadMs, runMs: await timed(run, env) });
  }
  rmSync(archive);
  return {
    megabytesPerSecond: bytesPerSecond / 1e6,
    compressMs: median(times.map(({ compressMs }) => compressMs)),
    uploadMs: median(times.map(({ uploadMs }) => uploadMs)),
    runMs: median(times.map(({ runMs }) => runMs)),
  };
}
