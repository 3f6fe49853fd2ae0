import { parseArgs } from 'node:util';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { DIRECTORY_TARGETS, directoryTable, directoryText } from './directory-table.ts';
import { measureDirectory, TABLES } from './directory.ts';
import { takenBy } from './taken-by.ts';
import { judgedTable } from './targets.ts';

// `npm run bench:directory -- --mb 125 --rounds 5`: what of `npm run bench` is about dumps and restores over several
// connections. `--mb` is the size of each of the tables as text.
const { values } = parseArgs({
  options: { mb: { type: 'string', default: '125' }, rounds: { type: 'string', default: '5' } },
});
const [megabytes, rounds] = [Number(values.mb), Number(values.rounds)];

await using cluster = await startCluster();
const measured = await measureDirectory(cluster, megabytes, rounds);
const report = [
  takenBy(`npm run bench:directory -- --mb ${megabytes} --rounds ${rounds}`, rounds),
  judgedTable([measured], DIRECTORY_TARGETS),
  `${TABLES} tables of ${megabytes} MB each:`,
  directoryTable(measured),
  directoryText(measured),
];
process.stdout.write(`${report.join('\n\n')}\n`);
