import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startB2ServerProcess } from '../support/b2-server/own-process.ts';
import { newAccount } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { balance, balanceText } from './bandwidth.ts';
import { COMPRESSIONS, ROOT } from './candidates.ts';
import { compare, comparisonTable } from './compare.ts';
import { createBenchDatabases } from './databases.ts';
import { DIRECTORY_TARGETS, directoryTable, directoryText } from './directory-table.ts';
import { measureDirectory, TABLES, type Directory } from './directory.ts';
import { placesTable, placesText } from './places-table.ts';
import { measurePlaces } from './places.ts';
import { measureStartup, SERVERS, startupTable } from './startup.ts';
import { takenBy } from './taken-by.ts';
import { judgedTable, targetsTable, type Result } from './targets.ts';

// `npm run bench`: what a backup to B2 costs, as multiples of `pg_dump > /dev/null`, beside what the earlier program and
// pg_dump's own format cost; what bandwidth does to it; what S3 and several places at once cost; what dumps over several
// connections cost, on eight tables of a quarter of `--mb`; and what starting pgbak costs. Candidates take turns, medians are
// printed. `npm run bench -- --mb 2000 --compressions lzma2:1,zstd:3`; `--write` puts it into docs/benchmarks.md.
const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
    compressions: { type: 'string', default: COMPRESSIONS.join(',') },
    'log-rows': { type: 'string', default: '1000000' },
    write: { type: 'boolean', default: false },
  },
});
const [megabytes, rounds, logRows] = [values.mb, values.rounds, values['log-rows']].map(Number);
if (megabytes === undefined || rounds === undefined || logRows === undefined) throw new Error('no numbers');

const startup = await measureStartup(logRows);
const results: Result[] = [];
const sections: string[] = [];
let directory: Directory;
try {
  using account = newAccount({ ARCHIVE_PASSWORD: 'secret' });
  await using cluster = await startCluster();
  for (const database of await createBenchDatabases(cluster, megabytes)) {
    using server = await startB2ServerProcess({ keepsOnlyLast: true });
    Object.assign(account.env, server.variables);
    const url = cluster.url(database.name);
    await account.add({ name: database.name, 'connection-string': url });
    const measured = await compare(account, database, url, rounds, values.compressions.split(','));
    const balanced = await balance(account, database, url, rounds);
    const places = await measurePlaces(database, url, rounds);
    results.push({ database: database.name, measured, balanced, places });
    sections.push(`### ${database.name}: ${database.what}`, comparisonTable(measured), balanceText(balanced));
    sections.push(placesTable(places), placesText(places));
  }
  directory = await measureDirectory(cluster, megabytes / 4, rounds);
} finally {
  rmSync(`${ROOT}/dist/bench`, { recursive: true, force: true });
}

const some = values.compressions === COMPRESSIONS.join(',') ? '' : ` --compressions ${values.compressions}`;
const report = [
  takenBy(`npm run bench -- --mb ${megabytes} --rounds ${rounds}${some}`, rounds),
  targetsTable(results, startup),
  ...sections,
  `### ${TABLES} tables of ${megabytes / 4} MB each, over several connections`,
  judgedTable([directory], DIRECTORY_TARGETS),
  directoryTable(directory),
  directoryText(directory),
  `### Starting up: ${SERVERS} servers, ${logRows} rows in the log`,
  startupTable(startup),
].join('\n\n');
process.stdout.write(`${report}\n`);

if (values.write) {
  const page = `${ROOT}/docs/benchmarks.md`;
  const [begin, end] = [`<!-- bench ${megabytes} -->`, `<!-- end of bench ${megabytes} -->`];
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.split(begin)[0], text.split(end)[1]];
  if (before === undefined || after === undefined) throw new Error(`${page} has no place for it: ${begin} ${end}`);
  writeFileSync(page, `${before}${begin}\n\n${report}\n\n${end}${after}`);
}
