import { mkdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import type { Cluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';
import { medians, ratio, type Measured } from './compare.ts';
import { markdownTable } from './markdown.ts';
import { measure, type Cost } from './measure.ts';
import type { Target } from './targets.ts';

/** What the backup of a whole cluster costs, beside what the same costs by hand. */
export interface WholeCluster {
  database: string;
  few: readonly Measured[];
  /** The same run with many databases, for its memory. */
  many: Cost;
}

const AT_ONCE = 2;
export const BARE = `pg_dump -Fc of each, ${AT_ONCE} at a time`;
const PACKED = `pg_dump of each into 7-Zip, encrypted, ${AT_ONCE} at a time`;
const STARTED = `only psql, pg_dump --schema-only and 7zz of each, ${AT_ONCE} at a time`;
export const BY_PGBAK = `pgbak run --force --jobs-per-host ${AT_ONCE}`;

/** What pgbak means to keep to. */
export const CLUSTER_TARGETS: readonly Target<WholeCluster>[] = [
  ['run of a cluster of 50 databases, against pg_dump -Fc of each', 1.5, ({ few }) => ratio(few, BY_PGBAK, BARE)],
  ['memory with 500 databases, MB', 200, ({ many }) => many.nodeMemoryBytes / 1e6],
];

const nameOf = (number: number) => `bench_${String(number).padStart(3, '0')}`;

/** Makes databases of 1 MB each, as text, and lets the candidates take turns at them; then once with `many` databases. */
export async function measureCluster(
  cluster: Cluster,
  { count, many, rounds }: { count: number; many: number; rounds: number },
): Promise<WholeCluster> {
  using account = newAccount({ ARCHIVE_PASSWORD: 'secret', PGBAK_CATALOG_COPY: 'off' });
  const { file: sevenZip } = await installedSevenZip();
  await createDatabases(cluster, 0, count);
  const place = ['--destination', `file:${account.folder.at('backups')}`, '--create-destination'];
  const url = cluster.url('postgres');
  const words = ['add', '--name', 'main', '--all-databases', '--include-database', 'bench_*', ...place];
  const { status, stderr } = await account.pgbak(...words, '--connection-string', url, '--min-size', '0');
  if (status !== 0) throw new Error(stderr);
  const few = await takeTurns(account, candidatesFor(account, cluster, count, sevenZip), rounds);
  await createDatabases(cluster, count, many);
  process.stderr.write(`${many} databases: ${BY_PGBAK}\n`);
  return { database: 'cluster', few, many: await measure(RUN, account.env, account.temporary) };
}

/** Numbers, texts and a key, of which 1 MB is made once and copied as a template. */
async function createDatabases(cluster: Cluster, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 1) {
    if (number > 0) {
      await cluster.sql('postgres', `create database ${nameOf(number)} template ${nameOf(0)}`);
      continue;
    }
    await cluster.createDatabase(nameOf(0));
    await cluster.sql(
      nameOf(0),
      `create table entry as select n, (random() * 1000000)::int as amount, md5(n::text) as key, repeat(' ', 40) as filler
         from generate_series(1, 11000) as n;
       alter table entry add primary key (n)`,
    );
  }
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const RUN = quoted([process.execPath, PGBAK, 'run', '--force', '--quiet', '--jobs-per-host', String(AT_ONCE)]);

function candidatesFor({ folder }: Account, cluster: Cluster, count: number, sevenZip: string) {
  const directory = folder.at('by-hand');
  const numbers = `seq -f 'bench_%03g' 0 ${count - 1}`;
  const url = cluster.url('NAME');
  const each = (command: string) => `${numbers} | xargs -P ${AT_ONCE} -I NAME sh -c "${command}"`;
  const pack = `'${sevenZip}' a -mx=1 -psecret -mhe=on -siNAME.sql '${directory}/NAME.7z' > /dev/null`;
  return [
    { name: BARE, command: each(`pg_dump -Fc -f '${directory}/NAME' '${url}'`) },
    { name: PACKED, command: each(`pg_dump '${url}' | ${pack}`) },
    {
      name: STARTED,
      command: each(
        `psql -Xqc 'select 1' '${url}' > /dev/null; pg_dump --schema-only '${url}' | ${pack}; '${sevenZip}' l -slt -psecret '${directory}/NAME.7z' > /dev/null`,
      ),
    },
    { name: BY_PGBAK, command: RUN },
  ].map((one) => ({ ...one, directory }));
}

async function takeTurns(
  account: Account,
  candidates: readonly { name: string; command: string; directory: string }[],
  rounds: number,
): Promise<Measured[]> {
  const costs = candidates.map((): Cost[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, command, directory }] of candidates.entries()) {
      process.stderr.write(`round ${round + 1} of ${rounds}: ${name}\n`);
      mkdirSync(directory);
      costs[index]?.push(await measure(command, account.env, account.temporary));
      rmSync(directory, { recursive: true });
    }
  }
  return candidates.map(({ name }, index) => ({ name, archiveBytes: 0, ...medians(costs[index] ?? []) }));
}

export function clusterTable({ few }: WholeCluster): string {
  return markdownTable(
    ['', 'time', 'processor s', "pgbak's memory MB"],
    few.map((one) => [
      one.name,
      ratio(few, one.name, BARE).toFixed(2),
      (one.cpuMs / 1000).toFixed(1),
      one.name === BY_PGBAK ? (one.nodeMemoryBytes / 1e6).toFixed(0) : '',
    ]),
  );
}

/** What bounds the run of a cluster of small databases, whether it keeps to its target or not. */
export function clusterText({ few, many }: WholeCluster, count: number): string {
  const of = (name: string) => few.find((one) => one.name === name)?.cpuMs ?? Number.NaN;
  const eachMs = ((of(BY_PGBAK) - of(BARE)) / count).toFixed(0);
  return (
    `With databases as small as these, starting programs is what takes the time, on ${cpus().length} processors: for each ` +
    `database pgbak starts psql to ask what the dump will need, pg_dump, 7-Zip to pack and encrypt, and 7-Zip twice to read the ` +
    `archive back before it counts; ${eachMs} ms of processor for each database more than pg_dump -Fc alone. By hand, pg_dump into ` +
    `7-Zip takes ${ratio(few, PACKED, BARE).toFixed(2)}, and only starting one psql, pg_dump and 7-Zip twice ` +
    `${ratio(few, STARTED, BARE).toFixed(2)}. With many databases the memory was ${(many.nodeMemoryBytes / 1e6).toFixed(0)} MB.`
  );
}
