import { readdirSync } from 'node:fs';
import { startB2ServerProcess } from '../support/b2-server/own-process.ts';
import { newAccount } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

// `npm run soak`: 2 GB of SQL are backed up with 600 MB of temporary disk, over a fast line and over one on which the dump
// has to wait. Each backup is restored into another database after that, as those of all tests are. Needs root, for a
// tmpfs; takes about five minutes.
const SQL_BYTES = 2_000_000_000;
const DISK_BYTES = 600_000_000;
const LINES = [
  { compression: 'lzma2:1' },
  { compression: 'zstd:3' },
  { compression: 'none' },
  { compression: 'none', uploadBytesPerSecond: 6_000_000 },
];

await using cluster = await startCluster();
await cluster.createDatabase('big');
await cluster.sql(
  'big',
  `create table noise as
   select n, (select string_agg(md5(random()::text || n || i), '') from generate_series(1, 30) as i) as text
   from generate_series(1, ${Math.ceil(SQL_BYTES / 960)}) as n`,
);

for (const { compression, uploadBytesPerSecond } of LINES) {
  using server = await startB2ServerProcess(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond });
  using account = newAccount({ ...server.variables, ARCHIVE_PASSWORD: 'secret' });
  using disk = mountSmallDisk(account.folder.at('small disk'), DISK_BYTES);
  let mostBytes = 0;
  const look = setInterval(() => (mostBytes = Math.max(mostBytes, disk.usedBytes())), 10);
  try {
    await account.add({ name: 'big', 'connection-string': cluster.url('big'), compression });
    const began = performance.now();
    const running = account.start(['run', '--json'], { PGBAK_TMPDIR: disk.path });
    let seconds = 0;
    running.child.once('close', () => (seconds = (performance.now() - began) / 1000));
    const { status, stdout, stderr } = await running.finished;
    const { results } = JSON.parse(stdout) as { results: { size: number; rawSize: number }[] };
    if (status !== 0 || !((results[0]?.rawSize ?? 0) >= SQL_BYTES))
      throw new Error(`not backed up: ${stdout}${stderr}`);
    const left = readdirSync(disk.path);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    process.stdout.write(
      `${compression}, ${uploadBytesPerSecond === undefined ? 'unlimited' : `${uploadBytesPerSecond / 1e6} MB/s a connection`}: ` +
        `${results[0]?.rawSize} bytes of SQL, archive ${results[0]?.size}, at most ${mostBytes} on the disk, ${seconds.toFixed(0)} s\n`,
    );
  } finally {
    clearInterval(look);
  }
}
