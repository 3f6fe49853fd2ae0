import { parseArgs } from 'node:util';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { CLUSTER_TARGETS, clusterTable, clusterText, measureCluster } from './cluster.ts';
import { takenBy } from './taken-by.ts';
import { judgedTable } from './targets.ts';

// `npm run bench:cluster`: what the backup of a whole cluster of small databases costs. `--databases` are measured in turns,
// `--many` once, for the memory.
const { values } = parseArgs({
  options: {
    databases: { type: 'string', default: '50' },
    many: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
  },
});
const [count, many, rounds] = [Number(values.databases), Number(values.many), Number(values.rounds)];

await using cluster = await startCluster();
const measured = await measureCluster(cluster, { count, many, rounds });
const report = [
  takenBy(`npm run bench:cluster -- --databases ${count} --many ${many} --rounds ${rounds}`, rounds),
  judgedTable([measured], CLUSTER_TARGETS),
  `${count} databases of 1 MB each:`,
  clusterTable(measured),
  clusterText(measured, count),
];
process.stdout.write(`${report.join('\n\n')}\n`);
