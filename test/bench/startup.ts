import { spawnSync } from 'node:child_process';
import { openSqlite } from '../../src/system/sqlite.ts';
import { newAccount, PGBAK } from '../support/pgbak.ts';
import { markdownTable } from './markdown.ts';

// How long the commands that are started most take, as multiples of a Node that does nothing. The best of many rounds,
// taken in turns, since a busy machine only ever adds time.
const ROUNDS = 15;
export const SERVERS = 200;
export const NOTHING_DUE = 'pgbak run, nothing due';

export interface Startup {
  name: string;
  /** Of `node -e 0`. */
  times: number;
}

/** With a catalogue of so many rows in its log. */
export async function measureStartup(logRows: number): Promise<Startup[]> {
  using account = newAccount();
  await account.add({
    name: 'server 1',
    'connection-string': 'postgresql://app@db.example/shop',
    destination: 'file:/srv/backups',
    'no-check': true,
  });
  fill(account.catalogPath, logRows);

  const subjects: [string, string[]][] = [
    ['node -e 0', ['-e', '0']],
    ['pgbak --version', [PGBAK, '--version']],
    ['pgbak run --help', [PGBAK, 'run', '--help']],
    ['pgbak list', [PGBAK, 'list']],
    ['pgbak list --json', [PGBAK, 'list', '--json']],
    [NOTHING_DUE, [PGBAK, 'run']],
  ];
  const best = subjects.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [name, args]] of subjects.entries()) {
      const began = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, {
        env: account.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (status !== 0) throw new Error(`${name} failed: ${stderr.toString()}`);
      best[index] = Math.min(best[index] ?? Number.POSITIVE_INFINITY, performance.now() - began);
    }
  }
  return subjects.map(([name], index) => ({ name, times: (best[index] ?? 0) / (best[0] ?? 1) }));
}

export function startupTable(measured: readonly Startup[]): string {
  return markdownTable(
    ['', 'time'],
    measured.map(({ name, times }) => [name, times.toFixed(2)]),
  );
}

function fill(path: string, logRows: number): void {
  const database = openSqlite(path);
  const server = database.prepare('select * from servers').get() as Record<string, unknown>;
  const columns = Object.keys(server).map((name) => `"${name}"`);
  const addServer = database.prepare(
    `insert into servers (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  const addBackup = database.prepare(
    `insert into backup_log (server_id, server_name, ts, result, success, started_at, finished_at, file_size, format, compression)
     values (?, ?, '20261101T000000', 'Success', '1', ?, ?, ?, 'sql', 'lzma2:1')`,
  );
  const now = Date.now();
  database.exec('begin');
  for (let id = 2; id <= SERVERS; id += 1) {
    addServer.run(...Object.values({ ...server, id, name: `server ${id}`, archive_name: `server-${id}` }));
  }
  for (let n = 0; n < logRows; n += 1) {
    const id = (n % SERVERS) + 1;
    const at = new Date(now - (logRows - n) * 60_000).toISOString();
    addBackup.run(id, `server ${id}`, at, at, 1_000_000 + n);
  }
  database.prepare('update servers set last_success_run = ?').run(new Date(now).toISOString());
  database.exec('commit');
  database.close();
}
