import { spawnSync } from 'node:child_process';
import { archivesIn } from '../support/archives-in.ts';
import { newAccount } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';

// `npm run bench:restore`: a restore of 500 MB of SQL by pgbak, as a multiple of what 7-Zip and psql take by hand. In
// turns, the best of each, since a busy machine only ever adds time.
const ROUNDS = 3;

await using cluster = await startCluster();
using account = newAccount();
await cluster.createDatabase('big');
await cluster.sql(
  'big',
  `create table noise (n int, text text);
   insert into noise select n, (select string_agg(md5(random()::text || n || i), '') from generate_series(1, 30) as i)
   from generate_series(1, 525000) as n`,
);
const directory = account.folder.at('backups');
await account.add({
  name: 'big',
  'connection-string': cluster.url('big'),
  destination: `file:${directory}`,
  'archive-password': 'secret',
});
const [made] = await account.results();
const [name = ''] = archivesIn(directory);
const { file } = await installedSevenZip();

let number = 0;
async function timed(work: (url: string) => { status: number | null; stderr: Buffer }): Promise<number> {
  const database = `restored_${(number += 1)}`;
  await cluster.createDatabase(database);
  const began = performance.now();
  const { status, stderr } = work(cluster.url(database));
  const tookMs = performance.now() - began;
  if (status !== 0) throw new Error(stderr.toString());
  await cluster.sql('postgres', `drop database ${database}`);
  return tookMs;
}

const shell = (command: string) => spawnSync('bash', ['-o', 'pipefail', '-c', command], { env: account.env });
let byHandMs = Number.POSITIVE_INFINITY;
let byPgbakMs = Number.POSITIVE_INFINITY;
for (let round = 0; round < ROUNDS; round += 1) {
  const byHand = (url: string) =>
    shell(
      `'${file}' x -so -psecret '${directory}/${name}' | psql -X -q -1 -v ON_ERROR_STOP=1 -d '${url}' > '${account.folder.at('out')}'`,
    );
  byHandMs = Math.min(byHandMs, await timed(byHand));
  const byPgbak = (url: string) => shell(`'${process.execPath}' bin/run.js restore big --to '${url}'`);
  byPgbakMs = Math.min(byPgbakMs, await timed(byPgbak));
}
process.stdout.write(`${made?.rawSize} bytes of SQL in an archive of ${made?.size}, best of ${ROUNDS}\n`);
process.stdout.write(
  `7-Zip | psql by hand      1.00 x\npgbak restore             ${(byPgbakMs / byHandMs).toFixed(2)} x\n`,
);
