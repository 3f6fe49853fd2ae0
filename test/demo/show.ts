import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { PGBAK } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const bold = (text: string) =>
  process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? `\u001B[1m${text}\u001B[0m` : text;
const say = (text: string) => void process.stdout.write(`\n${text}\n`);

say('Starting a PostgreSQL of its own, with a sample database ...');
await using cluster = await startCluster();
using folder = temporaryFolder();
await createSampleDatabase(cluster, 'shop');

const programs = folder.at('bin');
mkdirSync(programs);
symlinkSync(PGBAK, `${programs}/pgbak`);
mkdirSync(folder.at('home'));
symlinkSync((await installedSevenZip()).file, `${programs}/7zz`);
const env = {
  PATH: `${programs}:${process.env['PATH'] ?? ''}`,
  HOME: folder.at('home'),
  LANG: 'C.UTF-8',
  // What a user would have in the crontab or in ~/.pgpass rather than type.
  SHOP_PASSWORD: 'correct horse battery staple',
  PGHOST: '127.0.0.1',
  PGPORT: String(cluster.port),
  PGUSER: cluster.superuser.user,
  PGPASSWORD: cluster.superuser.password,
};

/** Runs a line as a user would type it, and shows it as such. */
function type(line: string): void {
  process.stdout.write(`\n${bold(`$ ${line}`)}\n`);
  const { status } = spawnSync('sh', ['-c', line], { cwd: folder.path, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  process.stderr.write(`\nThe demo failed: that command ended with ${status ?? 'a signal'}.\n`);
  throw new Error('the demo failed');
}

try {
  say('Tell pgbak of the database, and where its backups go:');
  type(
    `pgbak add --name shop --connection-string "postgresql://postgres@127.0.0.1:$PGPORT/shop" ` +
      `--destination "file:$HOME/backups" --create-destination --archive-password env:SHOP_PASSWORD`,
  );
  say('Back it up now (cron would run plain "pgbak run"), and look at the result:');
  type('pgbak run --force');
  type('pgbak list');
  type('pgbak logs');
  say('Is it a backup? Restored into a PostgreSQL that is started for it and thrown away, and then for good:');
  type('pgbak verify --level restore');
  type('pgbak restore shop --create --to "postgresql://postgres@127.0.0.1:$PGPORT/restored_by_pgbak"');
  say('A restore needs no pgbak: plain 7-Zip and psql.');
  type('7zz x -y -p"$SHOP_PASSWORD" "$HOME"/backups/shop.*.sql.7z > 7zip.log && ls -l shop.sql');
  type('createdb restored && psql -q -X -v ON_ERROR_STOP=1 -d restored -f shop.sql > psql.log');
  say('Both databases, dumped again, are the same (but for the random words of \\restrict):');
  type(`for db in shop restored; do pg_dump "$db" | grep -v '^.\\(un\\)\\?restrict ' > "$db.txt"; done`);
  type('diff shop.txt restored.txt && wc -l shop.txt && echo identical');
  say('The demo is over; its PostgreSQL and all its files are gone.');
} catch {
  process.exitCode = 1;
}
