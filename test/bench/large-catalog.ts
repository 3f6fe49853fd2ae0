import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fillCatalog } from '../support/large-catalog.ts';
import { newAccount, PGBAK } from '../support/pgbak.ts';
import { peakMemoryBytes } from '../support/processes.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { markdownTable } from './markdown.ts';

// `npm run bench:catalog`: what commands cost beside a log of a million attempts, of 100 servers. The shortest of several
// rounds as a multiple of `node -e 0`, in milliseconds, and the most memory of pgbak itself.
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    servers: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
  },
});
const [rows, servers, rounds] = [values.rows, values.servers, values.rounds].map(Number);
if (rows === undefined || servers === undefined || rounds === undefined) throw new Error('no numbers');

using account = newAccount({ ARCHIVE_PASSWORD: 'secret', PGBAK_CATALOG_COPY: 'on' });
await using cluster = await startCluster();
await createSampleDatabase(cluster, 'shop');
// The archives of the log are empty files in a directory of their own, beside that of the first server's real ones.
const ofTheLog = account.folder.at('backups-of-the-log');
const place = `file:${ofTheLog}`;
const added = await account.add({ name: 'one', 'connection-string': cluster.url('shop'), destination: place });
if (added.status !== 0) throw new Error(added.stderr);
for (const id of fillCatalog(account.catalogPath, { servers, rows, place })) writeFileSync(`${ofTheLog}/${id}`, '');
const real = ['--destination', `file:${account.folder.at('backups')}`, '--create-destination'];
const moved = await account.pgbak('edit', 'one', ...real);
if (moved.status !== 0) throw new Error(moved.stderr);
process.stderr.write(`${rows} rows, ${Math.round(statSync(account.catalogPath).size / 1e6)} MB\n`);

const subjects: string[][] = [
  ['--version'],
  ['list'],
  ['status'],
  ['logs'],
  ['logs', '--failed'],
  ['logs', 'one', '--failed'],
  ['backups', '--limit=3'],
  ['backups', 'one'],
  ['run'],
  ['run', '--force', '--server=one'],
  ['backups', 'one', '--limit=3'],
  ['restore', 'one', '--stdout'],
  ['verify', '--level=remote'],
  ['verify', 'one', '--level=remote'],
  ['prune', 'server 2', '--dry-run'],
  ['prune', '--dry-run'],
  ['doctor', 'one'],
  ['logs', '--trim', '--dry-run'],
];
const nothing = await cost(['-e', '0']);
const table: string[][] = [];
for (const args of subjects) {
  const { elapsedMs, peakBytes, status } = await cost([PGBAK, ...args]);
  table.push([
    `pgbak ${args.join(' ')}`,
    (elapsedMs / nothing.elapsedMs).toFixed(1),
    elapsedMs.toFixed(0),
    `${Math.round(peakBytes / 1e6)} MB`,
    String(status),
  ]);
}
process.stdout.write(`${markdownTable(['', 'node -e 0', 'ms', 'memory', 'exit'], table)}\n`);

async function cost(args: readonly string[]): Promise<{ elapsedMs: number; peakBytes: number; status: number | null }> {
  let best = Number.POSITIVE_INFINITY;
  let peakBytes = 0;
  let status: number | null = null;
  for (let round = 0; round < (rounds ?? 1); round += 1) {
    const began = performance.now();
    const child = spawn(process.execPath, args, { env: account.env, stdio: 'ignore' });
    const sampling = setInterval(() => (peakBytes = Math.max(peakBytes, peakMemoryBytes(child.pid ?? 0))), 10);
    status = await new Promise((resolve) => child.once('exit', resolve));
    clearInterval(sampling);
    best = Math.min(best, performance.now() - began);
  }
  return { elapsedMs: best, peakBytes, status };
}
