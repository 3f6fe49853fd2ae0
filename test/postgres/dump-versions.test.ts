import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { newerKinds } from '../support/postgres/newer-kinds.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { clientPrograms } from '../support/postgres/versions.ts';

const ALL_KINDS = readFileSync(new URL('../support/postgres/all-kinds.sql', import.meta.url), 'utf8');
const run = promisify(execFile);

describe.each([13, 15, 17, 18] as const)('a dump by pg_dump %s of all that its server knows', (major) => {
  let cluster: Cluster;
  let expected: string;
  beforeAll(async () => {
    cluster = await startCluster({ server: major === 15 ? 'installed' : major });
    await cluster.sql('postgres', 'create role ro; create role own1');
    await createSampleDatabase(cluster, 'full');
    // pg_dump leaves out the handler of a language that an extension brought, and so dumps nothing that can be made.
    const sql = `${ALL_KINDS} drop language mylang; ${newerKinds(major)}`;
    await cluster.sql('full', `set client_min_messages = error; ${sql}`);
    // pg_dump 13 does not tell to whom the schema public belongs: no more can come back than by hand, which psql cannot
    // do, since it takes the name of the function "begin" for the beginning of a body.
    await cluster.createDatabase('by_hand');
    const env = { ...process.env, PATH: `${clientPrograms(major)}:${process.env['PATH'] ?? ''}` };
    const urls = { FROM: cluster.url('full'), TO: cluster.url('by_hand') };
    const commands = 'set -e; pg_dump -Fc -Z0 -d "$FROM" | pg_restore -1 -d "$TO"';
    await run('sh', ['-c', commands], { env: { ...env, ...urls } });
    expected = await dumpOf('by_hand');
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  const dumpOf = async (database: string): Promise<string> => {
    const pgDump = join(clientPrograms(major), 'pg_dump');
    const { stdout } = await run(pgDump, ['--no-password', cluster.url(database)], { maxBuffer: 1e9 });
    return stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
  };

  test.each(['sql', 'binary'])('is taken, and brings back what it does by hand: %s', async (format) => {
    using account = newAccount({ PGBAK_PG_BIN: clientPrograms(major) });
    const place = { destination: `file:${account.folder.at('backups')}`, format };
    await account.add({ name: 'full', 'connection-string': cluster.url('full'), ...place });
    expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
    const restored = await account.pgbak('restore', 'full', '--create', '--to', cluster.url(format));
    expect(restored).toMatchObject({ status: 0 });
    expect(await dumpOf(format)).toBe(expected);
  });
});
