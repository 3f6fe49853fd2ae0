import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Cluster } from './start-cluster.ts';

const SAMPLE = new URL('sample-database.sql', import.meta.url);

/** A database with one of everything that a dump must bring back. */
export async function createSampleDatabase(cluster: Cluster, name: string): Promise<void> {
  await cluster.createDatabase(name);
  await cluster.sql(name, readFileSync(SAMPLE, 'utf8'));
}

/** A database as pg_dump writes it, to be compared with another; without the random word of recent versions. */
export async function contentsOf(cluster: Cluster, database: string): Promise<string> {
  const { stdout } = await promisify(execFile)('pg_dump', ['--no-password', cluster.url(database)], {
    maxBuffer: 1e9,
  });
  return stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
}
