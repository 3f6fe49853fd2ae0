import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { runningClusters } from './postgres/start-cluster.ts';
import type { RunningPgbak } from './pgbak.ts';

interface Made {
  id: number;
  server: string;
  connection: string;
  /** Of its server's backups that were made in the same way, the first. */
  isFirst: number;
  /** Which dump of what it is, and how and where it is kept; equal in another account of the same file, as a rule. */
  kind: string;
}

/** The kinds of which one has been restored in this test file. */
const restoredKinds = new Set<string>();

/** What good backups a catalogue knows of, behind a given one. */
function madeSince(catalogPath: string, lastId: number): Made[] {
  if (!existsSync(catalogPath)) return [];
  let catalog: Database.Database | undefined;
  try {
    catalog = new Database(catalogPath, { readonly: true });
    return catalog
      .prepare<[number], Made>(
        `select l.id, s.name as server, s.connection_string as connection, l.id = (select min(f.id) from backup_log f
           where f.success = '1' and f.server_id = l.server_id and f.format = l.format and f.compression = l.compression
         ) as isFirst,
         json_array(s.connection_string, l.format, l.compression, l.raw_size, l.has_globals, l.encoding, l.roles,
           s.archive_password is null, substr(l.place, 1, instr(l.place, ':')), s.exclude_tables,
           s.exclude_table_data, s.exclude_schemas) as kind
         from backup_log l join servers s on s.id = l.server_id
         where l.success = '1' and l.object_id is not null and l.removed_at is null and l.id > ? order by l.id`,
      )
      .all(lastId);
  } catch {
    // Not a catalogue of today's, which is what that test is about.
    return [];
  } finally {
    catalog?.close();
  }
}

/**
 * Notes which backups there are; what it returns restores each that has come since into the cluster it came from, and
 * throws when one does not come back. Of several made in the same way, in one account or in several of a test file, the
 * later ones are read to their ends instead, which takes half the time. It does so by a pgbak with a copy of the
 * catalogue, so that the account which the test looks at hears nothing of it.
 */
export function verifier(
  catalogPath: string,
  start: (args: readonly string[], env: Record<string, string>) => RunningPgbak,
): () => Promise<void> {
  const lastId = madeSince(catalogPath, 0).at(-1)?.id ?? 0;
  return async () => {
    const made = madeSince(catalogPath, lastId);
    if (made.length === 0) return;
    const folder = mkdtempSync(join(tmpdir(), 'pgbak-test-verify-'));
    try {
      const copy = join(folder, 'backup.sqlite');
      for (const suffix of ['', '-wal', '-shm']) {
        if (existsSync(catalogPath + suffix)) copyFileSync(catalogPath + suffix, copy + suffix);
      }
      const catalog = new Database(copy);
      catalog.exec('update servers set hc_url_verify = null');
      catalog.close();
      for (const { id, server, connection, isFirst, kind } of made) {
        const port = /:(\d+)\//.exec(connection)?.[1];
        const clusters = runningClusters();
        const cluster = clusters.find((one) => String(one.port) === port) ?? clusters.at(-1);
        if (cluster === undefined) continue;
        const scratch = ['--scratch-url', cluster.url('postgres')];
        const isNew = isFirst === 1 && !restoredKinds.has(kind);
        const level = isNew ? ['--level', 'restore', ...scratch] : ['--level', 'archive'];
        const args = ['verify', server, '--at', String(id), ...level];
        const { status, stdout, stderr } = await start(args, { DB_PATH: copy }).finished;
        if (status !== 0) throw new Error(`backup ${id} of ${server} does not come back: ${stdout}${stderr}`);
        if (isNew) restoredKinds.add(kind);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
