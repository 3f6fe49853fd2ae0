import { mkdirSync, readdirSync } from 'node:fs';
import { startB2ServerProcess } from '../support/b2-server/own-process.ts';
import { newAccount } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { peakMemoryBytes } from '../support/processes.ts';
import { startS3ServerProcess } from '../support/s3-server/own-process.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import type { UploadRates } from '../support/throttle.ts';

// `npm run soak`: 2 GB of SQL are backed up with 600 MB of temporary disk, to several places at once, over fast lines and
// over one on which the dump has to wait. Each copy is read to its end after that, and each backup is restored into another
// database, as those of all tests are. Needs root, for a tmpfs; takes about ten minutes.
const SQL_BYTES = 2_000_000_000;
const DISK_BYTES = 600_000_000;
const MEMORY_BYTES = 200_000_000;
const RUNS: { compression: string; to: ('B2' | 'S3' | 'directory')[]; b2Line?: UploadRates }[] = [
  { compression: 'lzma2:1', to: ['B2', 'S3', 'directory'] },
  { compression: 'zstd:3', to: ['B2'] },
  { compression: 'none', to: ['B2', 'S3'] },
  { compression: 'none', to: ['B2', 'S3'], b2Line: { uploadBytesPerSecond: 6_000_000 } },
];

await using cluster = await startCluster();
await cluster.createDatabase('big');
await cluster.sql(
  'big',
  `create table noise as
   select n, (select string_agg(md5(random()::text || n || i), '') from generate_series(1, 30) as i) as text
   from generate_series(1, ${Math.ceil(SQL_BYTES / 960)}) as n`,
);

for (const { compression, to, b2Line = {} } of RUNS) {
  using b2 = await startB2ServerProcess(b2Line);
  using s3 = await startS3ServerProcess();
  using account = newAccount({ ...b2.variables, ...s3.variables, ARCHIVE_PASSWORD: 'secret' });
  using disk = mountSmallDisk(account.folder.at('small disk'), DISK_BYTES);
  const places = { B2: b2.place, S3: s3.place, directory: `file:${account.folder.at('backups')}` };
  mkdirSync(account.folder.at('backups'));
  let mostBytes = 0;
  let memoryBytes = 0;
  let looks: NodeJS.Timeout | undefined;
  try {
    const destinations = to.flatMap((kind) => ['--destination', places[kind]]);
    const flags = ['--connection-string', cluster.url('big'), '--compression', compression];
    const added = await account.pgbak('add', '--name', 'big', ...flags, ...destinations);
    if (added.status !== 0) throw new Error(added.stderr);
    const began = performance.now();
    const running = account.start(['run', '--json'], { PGBAK_TMPDIR: disk.path });
    looks = setInterval(() => {
      mostBytes = Math.max(mostBytes, disk.usedBytes());
      memoryBytes = Math.max(memoryBytes, peakMemoryBytes(running.pid));
    }, 10);
    let seconds = 0;
    running.child.once('close', () => (seconds = (performance.now() - began) / 1000));
    const { status, stdout, stderr } = await running.finished;
    const { results } = JSON.parse(stdout) as { results: { size: number; rawSize: number }[] };
    if (status !== 0 || !((results[0]?.rawSize ?? 0) >= SQL_BYTES))
      throw new Error(`not backed up: ${stdout}${stderr}`);
    const left = readdirSync(disk.path);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    const verified = (await account.json('verify', 'big', '--level', 'archive')) as {
      place: string;
      isGood: boolean;
    }[];
    const good = verified.filter(({ isGood }) => isGood).map(({ place }) => place);
    if (good.length !== to.length) throw new Error(`not all copies are good: ${JSON.stringify(verified)}`);
    if (!(memoryBytes > 0 && memoryBytes <= MEMORY_BYTES)) throw new Error(`pgbak took ${memoryBytes} bytes of memory`);
    const line = b2Line.uploadBytesPerSecond;
    process.stdout.write(
      `${compression} to ${to.join(', ')}, ${line === undefined ? 'unlimited' : `to B2 ${line / 1e6} MB/s a connection`}: ` +
        `${results[0]?.rawSize} bytes of SQL, archive ${results[0]?.size}, at most ${mostBytes} on the disk, ` +
        `${memoryBytes} of memory, ${seconds.toFixed(0)} s; read to the end in ${good.join(', ')}\n`,
    );
  } finally {
    clearInterval(looks);
  }
}
