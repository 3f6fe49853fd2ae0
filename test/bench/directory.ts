import { rmSync } from 'node:fs';
import { archivesIn } from '../support/archives-in.ts';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import type { Cluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';
import { PLAIN_DUMP } from './candidates.ts';
import { lastSize, medians, type Measured } from './compare.ts';
import { measure, type Cost } from './measure.ts';

/** What dumps and restores of one database over several connections cost, beside what the same costs by hand. */
export interface Directory {
  database: string;
  dumps: readonly Measured[];
  restores: readonly Measured[];
}

export const TABLES = 8;
export const JOBS = 2;
/** As pgbak asks of pg_dump. */
const LEVEL = 1;

export const BARE = `pg_dump -Fd -j ${JOBS} -Z ${LEVEL}`;
export const PACKED = 'the same, packed and encrypted by 7-Zip';
export const BY_PGBAK = `pgbak --format directory --dump-jobs ${JOBS}`;
export const BINARY = 'pgbak --format binary';
export const BINARY_ZSTD = 'pgbak --format binary --compression zstd:3';
export const BY_HAND = `7zz x, pg_restore -j ${JOBS}`;
export const ANALYZED = `the same, and vacuumdb --analyze-only -j ${JOBS}`;
export const RESTORED = `pgbak restore --jobs ${JOBS}`;
const NOT_ANALYZED = `${RESTORED} --no-analyze`;

/** How a candidate is run, and what is removed after it. */
interface Candidate {
  name: string;
  command: string;
  leaves?: string;
  /** The server whose last archive it made. */
  server?: string;
}

const DATABASE = 'tables';

/** Makes a database of eight tables, each of which has `megabytes` as text, and lets the candidates take turns at it. */
export async function measureDirectory(cluster: Cluster, megabytes: number, rounds: number): Promise<Directory> {
  await createTables(cluster, megabytes);
  using account = newAccount({ ARCHIVE_PASSWORD: 'secret' });
  const url = cluster.url(DATABASE);
  const formats: Record<string, string[]> = {
    directory: ['--format', 'directory', '--dump-jobs', String(JOBS)],
    binary: ['--format', 'binary'],
    zstd: ['--format', 'binary', '--compression', 'zstd:3'],
  };
  for (const [name, flags] of Object.entries(formats)) {
    const place = ['--destination', `file:${account.folder.at('backups', name)}`, '--create-destination'];
    const { status, stderr } = await account.pgbak(
      'add',
      '--name',
      name,
      '--connection-string',
      url,
      ...place,
      ...flags,
    );
    if (status !== 0) throw new Error(stderr);
  }
  const { file: sevenZip } = await installedSevenZip();
  const dumps = await takeTurns(account, dumpsOf(account, url, sevenZip), rounds);
  const restores = await takeTurns(account, restoresOf(account, cluster, sevenZip), rounds, async () => {
    await cluster.sql('postgres', 'drop database if exists restored');
    await cluster.createDatabase('restored');
  });
  return { database: DATABASE, dumps, restores };
}

async function createTables(cluster: Cluster, megabytes: number): Promise<void> {
  await cluster.createDatabase(DATABASE);
  for (let number = 1; number <= TABLES; number += 1) {
    // 116 bytes a row in a dump: numbers, a time, a key without order, and what compresses well.
    await cluster.sql(
      DATABASE,
      `create table entry_${number} as
         select n, (random() * 1000000)::int as amount, '2026-11-24'::timestamp + n * interval '1.7 seconds' as at,
           md5(n::text) as key, repeat(' ', 40) as filler
         from generate_series(1, ${megabytes} * 8600) as n;
       alter table entry_${number} add primary key (n)`,
    );
  }
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const pgbak = (...words: string[]) => quoted([process.execPath, PGBAK, ...words]);

function dumpsOf({ folder }: Account, url: string, sevenZip: string): Candidate[] {
  const directory = folder.at('tmp', 'by-hand.dir');
  const archive = folder.at('tmp', 'by-hand.7z');
  const bare = `${BARE} -f '${directory}' '${url}'`;
  const run = (server: string) => ({ command: pgbak('run', '--force', '--quiet', '--server', server), server });
  return [
    { name: PLAIN_DUMP, command: `pg_dump '${url}' > /dev/null` },
    { name: BARE, command: bare, leaves: directory },
    {
      name: PACKED,
      command: `${bare} && '${sevenZip}' a -mx=0 -psecret -mhe=on '${archive}' '${directory}' && rm -r '${directory}'`,
      leaves: archive,
    },
    { name: BY_PGBAK, ...run('directory') },
    { name: BINARY, ...run('binary') },
    { name: BINARY_ZSTD, ...run('zstd') },
  ];
}

function restoresOf({ folder }: Account, cluster: Cluster, sevenZip: string): Candidate[] {
  const backups = folder.at('backups', 'directory');
  const [archive = ''] = archivesIn(backups).toReversed();
  const directory = folder.at('tmp', 'by-hand');
  const to = cluster.url('restored');
  const unpack = `'${sevenZip}' x -psecret -o'${directory}' '${backups}/${archive}'`;
  const byHand = `${unpack} && pg_restore -j ${JOBS} -d '${to}' '${directory}/directory.dir'`;
  const restore = pgbak('restore', 'directory', '--jobs', String(JOBS), '--to', to);
  return [
    { name: BY_HAND, command: byHand, leaves: directory },
    { name: ANALYZED, command: `${byHand} && vacuumdb --analyze-only -j ${JOBS} '${to}'`, leaves: directory },
    { name: RESTORED, command: restore },
    { name: NOT_ANALYZED, command: `${restore} --no-analyze` },
  ];
}

async function takeTurns(
  account: Account,
  candidates: readonly Candidate[],
  rounds: number,
  prepare: () => Promise<void> = () => Promise.resolve(),
): Promise<Measured[]> {
  const costs = candidates.map((): Cost[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, command, leaves }] of candidates.entries()) {
      process.stderr.write(`round ${round + 1} of ${rounds}: ${name}\n`);
      await prepare();
      costs[index]?.push(await measure(command, account.env, account.temporary));
      if (leaves !== undefined) rmSync(leaves, { recursive: true });
    }
  }
  const measured: Measured[] = [];
  for (const [index, { name, server }] of candidates.entries()) {
    const archiveBytes = server === undefined ? 0 : await lastSize(account, server);
    measured.push({ name, archiveBytes, ...medians(costs[index] ?? []) });
  }
  return measured;
}
