import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parseArgs } from 'node:util';
import { newAccount, PGBAK } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';
import { createBenchDatabases } from './databases.ts';
import { measure, median, type Cost } from './measure.ts';

// `npm run bench`: what a backup to B2 costs, as multiples of `pg_dump > /dev/null`, beside what the earlier program and
// pg_dump's own format cost. Candidates take turns; medians are printed. `npm run bench -- --mb 100 --rounds 3`, and
// `--upload-mb-per-second 20` for a line of that bandwidth.
const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
    'upload-mb-per-second': { type: 'string' },
  },
});
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const limit = values['upload-mb-per-second'];
const serverOptions = limit === undefined ? {} : { uploadBytesPerSecond: Number(limit) * 1_000_000 };
const typescript = ['--import', './test/support/run-typescript.mjs'];
const server = spawn(
  process.execPath,
  [...typescript, './test/support/b2-server/serve.ts', JSON.stringify(serverOptions)],
  { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
);

interface Candidate {
  name: string;
  command: (url: string, database: string) => string;
  /** The archive that it leaves; pgbak itself says how large its own was. */
  file?: string;
}

try {
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { url = '', id = '', key = '', bucket = '' }: Record<string, string> = JSON.parse(line.toString());
  using account = newAccount({ B2_API_URL: url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: bucket });
  account.env['ARCHIVE_PASSWORD'] = 'secret';
  await using cluster = await startCluster();
  const databases = await createBenchDatabases(cluster, Number(values.mb));
  for (const { name } of databases) await account.add({ name, 'connection-string': cluster.url(name) });

  const { file: sevenZip } = await installedSevenZip();
  const archive = account.folder.at('tmp', 'other.7z');
  // Bundled as pgbak is, so that nobody waits for a compiler.
  const uploader = `${ROOT}/dist/bench/upload.js`;
  await build({
    entryPoints: [`${ROOT}/test/bench/upload.ts`],
    outfile: uploader,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const upload = `'${process.execPath}' '${uploader}' '${archive}'`;
  const pgbak = (compression: string): Candidate => ({
    name: `pgbak ${compression}`,
    command: (_url, database) =>
      `'${process.execPath}' '${PGBAK}' run --force --quiet --server ${database} --compression ${compression}`,
  });
  const candidates: Candidate[] = [
    { name: 'pg_dump > /dev/null', command: (from) => `pg_dump '${from}' > /dev/null` },
    {
      name: 'the earlier program',
      command: (from) =>
        `pg_dump -v '${from}' 2> /dev/null | '${sevenZip}' a -si -psecret -mhe=on -md=1m -ms=off -mx=1 -m0=LZMA2 -mmt=1 '${archive}' > /dev/null && ${upload}`,
      file: archive,
    },
    {
      name: 'pg_dump -Fc',
      command: (from) => `pg_dump -Fc '${from}' > '${archive}' && ${upload}`,
      file: archive,
    },
    ...['lzma2:1', 'zstd:3', 'zstd:1', 'ppmd', 'none'].map((compression) => pgbak(compression)),
  ];

  process.stdout.write(
    `${cpus().length} x ${cpus()[0]?.model ?? '?'}, Node ${process.version}, median of ${values.rounds}, ` +
      `upload ${limit === undefined ? 'unlimited' : `${limit} MB/s a connection`}\n`,
  );
  for (const { name: database, what } of databases) {
    const costs = candidates.map((): Cost[] => []);
    const sizes = candidates.map(() => 0);
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [index, { command, file }] of candidates.entries()) {
        costs[index]?.push(await measure(command(cluster.url(database), database), account.env, account.temporary));
        if (file !== undefined) {
          sizes[index] = statSync(file).size;
          rmSync(file);
        } else if (index > 0) {
          const [last] = (await account.json('logs', database, '--limit', '1')) as { size: number }[];
          sizes[index] = last?.size ?? 0;
        }
      }
    }
    print(`${database}: ${what}`, candidates, costs, sizes);
  }
} finally {
  rmSync(`${ROOT}/dist/bench`, { recursive: true, force: true });
  server.kill();
}

function print(title: string, candidates: Candidate[], costs: readonly Cost[][], sizes: readonly number[]): void {
  const of = (index: number, field: keyof Cost) => median((costs[index] ?? []).map((cost) => cost[field]));
  const times = (value: number, unit: number) => (value / unit).toFixed(2);
  const megabytes = (bytes: number) => (bytes === 0 ? '' : (bytes / 1e6).toFixed(0));
  const rows = candidates.map(({ name }, index) => [
    name,
    times(of(index, 'elapsedMs'), of(0, 'elapsedMs')),
    times(of(index, 'elapsedMs'), of(1, 'elapsedMs')),
    times(of(index, 'cpuMs'), of(0, 'cpuMs')),
    megabytes(sizes[index] ?? 0),
    index < 3 ? '' : megabytes(of(index, 'temporaryBytes')),
    index < 3 ? '' : megabytes(of(index, 'nodeMemoryBytes')),
  ]);
  const head = ['', 'time', 'against the earlier', 'processor', 'archive MB', 'temporary MB', 'memory MB'];
  const cells = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rule = cells(head.map(() => '---'));
  process.stdout.write(`\n${title}\n\n${[cells(head), rule, ...rows.map((row) => cells(row))].join('\n')}\n`);
}
