import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { newAccount } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { clientPrograms } from '../support/postgres/versions.ts';

// `npm run soak:regression -- --source DIR`: makes PostgreSQL's own regression database, backs it up in both formats,
// verifies and restores it, and compares its dump with that of what pg_dump and psql or pg_restore alone bring back. DIR
// is src/test/regress of PostgreSQL's source, of the version that is installed: `apt-get source --download-only
// postgresql-15`, then unpack that folder. Single statements of the tests may fail (some want a library in C); what is
// there at the end counts.
const { values } = parseArgs({ options: { source: { type: 'string' } } });
const { source } = values;
if (source === undefined) throw new Error('--source DIR: src/test/regress of the PostgreSQL source');
const DATABASE = 'regression';
const TEST_WITHIN_MS = 120_000;
const execFileAsync = promisify(execFile);
const print = (line: string) => void process.stdout.write(`${line}\n`);

await using cluster = await startCluster();
await cluster.createDatabase(DATABASE);
// As pg_regress sets it.
for (const setting of [
  "lc_messages to 'C'",
  "timezone_abbreviations to 'Default'",
  "bytea_output to 'hex'",
  'compute_query_id to off',
]) {
  await cluster.sql('postgres', `alter database ${DATABASE} set ${setting}`);
}
const env = {
  ...process.env,
  PGHOST: '127.0.0.1',
  PGPORT: String(cluster.port),
  PGUSER: cluster.superuser.user,
  PGPASSWORD: cluster.superuser.password,
  PGTZ: 'PST8PDT',
  PGDATESTYLE: 'Postgres, MDY',
  PG_ABS_SRCDIR: source,
  PG_LIBDIR: source,
  PG_DLSUFFIX: '.so',
};
const tests = [...readFileSync(join(source, 'parallel_schedule'), 'utf8').matchAll(/^test: (.*)$/gm)].flatMap(
  ([, names = '']) => names.trim().split(/\s+/),
);
for (const test of tests) {
  const child = spawn('psql', ['-X', '-q', '-d', DATABASE, '-f', join(source, 'sql', `${test}.sql`)], {
    env,
    cwd: source,
    stdio: 'ignore',
    timeout: TEST_WITHIN_MS,
  });
  // Not in step: the server's own complaints have to be read meanwhile.
  await once(child, 'exit');
  const { signalCode: signal } = child;
  if (signal !== null) print(`${test} was ended: it took too long`);
}
const objects =
  'select count(*) from pg_class where relnamespace not in (select oid from pg_namespace where nspname ~ $$^pg_|information$$)';
print(`${tests.length} files of SQL; ${await cluster.sql(DATABASE, objects)} relations`);

const dumpOf = async (database: string): Promise<string> => {
  const file = join(clientPrograms(15), 'pg_dump');
  const { stdout } = await execFileAsync(file, ['--no-password', cluster.url(database)], {
    maxBuffer: 1e9,
    encoding: 'latin1',
  });
  return stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
};
// What PostgreSQL's own programs make of it, in one transaction as pgbak does: some inherited columns have another order
// once they were restored, and rows another one in a table that earlier transactions had made.
const byHand = async (database: string, commands: string): Promise<string> => {
  await cluster.createDatabase(database);
  await execFileAsync('sh', ['-c', commands], {
    env: {
      ...env,
      FROM: cluster.url(DATABASE),
      TO: cluster.url(database),
      PATH: `${clientPrograms(15)}:/usr/bin:/bin`,
    },
    maxBuffer: 1e9,
  });
  return await dumpOf(database);
};
const expectedOf: Record<string, string> = {
  sql: await byHand('by_hand_sql', 'pg_dump -d "$FROM" | psql -X -q -1 -v ON_ERROR_STOP=1 -d "$TO"'),
  binary: await byHand('by_hand_binary', 'pg_dump -Fc -Z0 -d "$FROM" | pg_restore -1 -d "$TO"'),
};
using account = newAccount({ URL: cluster.url(DATABASE) });
let isSame = true;
for (const format of ['sql', 'binary']) {
  const step = async (...words: string[]) => {
    const began = performance.now();
    const { status, stdout, stderr } = await account.pgbak(...words);
    print(
      `${format}: pgbak ${words[0] ?? ''} ended with ${status ?? '?'} in ${Math.round(performance.now() - began)} ms`,
    );
    if (status === 0) return;
    isSame = false;
    print(`${stdout}${stderr}`);
  };
  const target = `restored_${format}`;
  const place = `file:${account.folder.at(format)}`;
  await account.add({ name: format, 'connection-string': 'env:URL', destination: place, format, 'count-rows': true });
  await step('run', '--force', '--server', format);
  await step('verify', format, '--level', 'restore');
  await step('restore', format, '--create', '--to', cluster.url(target));
  const restored = await dumpOf(target).catch((error: unknown) => String(error));
  const expected = expectedOf[format] ?? '';
  if (restored === expected) continue;
  isSame = false;
  writeFileSync(`/tmp/regression-${format}-expected.sql`, expected, 'latin1');
  writeFileSync(`/tmp/regression-${format}.sql`, restored, 'latin1');
  print(`${format}: the dumps differ: diff /tmp/regression-${format}-expected.sql /tmp/regression-${format}.sql`);
}
print(isSame ? 'the same again in both formats' : 'not the same again');
process.exitCode = isSame ? 0 : 1;
