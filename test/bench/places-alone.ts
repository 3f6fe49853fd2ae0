import { parseArgs } from 'node:util';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { createBenchDatabases } from './databases.ts';
import { PLACES_TARGETS, placesTable, placesText } from './places-table.ts';
import { measurePlaces, type Places } from './places.ts';
import { takenBy } from './taken-by.ts';
import { judgedTable } from './targets.ts';

// `npm run bench:places -- --mb 500 --rounds 5`: what of `npm run bench` is about several places at once.
const { values } = parseArgs({
  options: { mb: { type: 'string', default: '500' }, rounds: { type: 'string', default: '5' } },
});
const [megabytes, rounds] = [Number(values.mb), Number(values.rounds)];

const results: Places[] = [];
const sections: string[] = [];
await using cluster = await startCluster();
for (const database of await createBenchDatabases(cluster, megabytes)) {
  const places = await measurePlaces(database, cluster.url(database.name), rounds);
  results.push(places);
  sections.push(`${database.name}: ${database.what}`, placesTable(places), placesText(places));
}
const command = `npm run bench:places -- --mb ${megabytes} --rounds ${rounds}`;
const report = [takenBy(command, rounds), judgedTable(results, PLACES_TARGETS), ...sections];
process.stdout.write(`${report.join('\n\n')}\n`);
