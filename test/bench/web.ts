import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fillCatalog } from '../support/large-catalog.ts';
import { newAccount } from '../support/pgbak.ts';
import { openWeb } from '../web/support.ts';
import { markdownTable } from './markdown.ts';

// `npm run bench:web`: what the overview of 200 servers costs beside a log of 100,000 attempts, and what `pgbak web` costs
// while nobody looks.
const SERVERS = 200;
const ROWS = 100_000;
const REQUESTS = 10;
const REST_MS = 5000;

using account = newAccount();
const destination = `file:${account.folder.at('backups')}`;
const database = 'postgresql://app@db.example/shop';
const added = await account.add({ name: 'one', 'connection-string': database, destination, 'no-check': true });
if (added.status !== 0) throw new Error(added.stderr);
fillCatalog(account.catalogPath, { servers: SERVERS, rows: ROWS, place: destination });

await using web = await openWeb(account);
const times: number[] = [];
let page = '';
for (let n = 0; n < REQUESTS; n += 1) {
  const began = performance.now();
  const { status, body } = await web.ask('/');
  times.push(performance.now() - began);
  if (status !== 200) throw new Error(body);
  page = body;
}
await wait(REST_MS);
const memory = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${web.pid}/status`, 'utf8'))?.[1]);
const sorted = times.toSorted((a, b) => a - b);
const ms = (value = 0) => `${value.toFixed(0)} ms`;
const table = [
  ['overview, the first time', ms(times[0])],
  ['overview, median', ms(sorted[Math.floor(REQUESTS / 2)])],
  ['overview, best', ms(sorted[0])],
  ['its HTML', `${(Buffer.byteLength(page) / 1000).toFixed(0)} kB`],
  [`memory ${REST_MS / 1000} s later`, `${Math.round((1024 * memory) / 1e6)} MB`],
];
process.stdout.write(`${markdownTable([`${SERVERS} servers, ${ROWS} attempts`, ''], table)}\n`);
