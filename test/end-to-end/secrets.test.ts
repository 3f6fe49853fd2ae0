import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { startHttpRecorder } from '../support/http-recorder.ts';
import { newAccount, type Finished } from '../support/pgbak.ts';
import { commandLines } from '../support/processes.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { slowPgDump } from '../support/slow-programs.ts';

const AWKWARD = `-p w'q"d$HOME;\\b%41ä`;

test('no secret of a run is seen in a command line, a log, an error, JSON or another column', async () => {
  await using cluster = await startCluster();
  await using server = await startB2Server();
  await using mezmo = await startHttpRecorder();
  await using receiver = await startHttpRecorder();
  server.createBucket('pgbak-bucket');
  const role = { user: 'app', password: `${AWKWARD}database` };
  await cluster.createDatabase('shop');
  await cluster.sql('shop', `create role app superuser login password '${role.password.replaceAll("'", "''")}'`);
  await cluster.sql('shop', 'create table t as select n, md5(n::text) from generate_series(1, 5000) as n');

  const archivePassword = `${AWKWARD}archive`;
  const { id, key } = server.createKey({});
  using account = newAccount({
    B2_API_URL: server.url,
    B2_BUCKET: 'pgbak-bucket',
    ARCHIVE_SECRET: archivePassword,
    MEZMO_INGESTION_KEY: 'mezmo-ingestion-secret',
    MEZMO_URL: mezmo.url,
  });
  writeFileSync(account.folder.at('app-key'), `${key}\n`);
  const secrets = [
    role.password,
    encodeURIComponent(role.password),
    archivePassword,
    key,
    'mezmo-ingestion-secret',
    'ping-uuid-start',
    'ping-uuid-success',
    'ping-uuid-fail',
    'hunter2-of-the-ping',
    Buffer.from(`${id}:${key}`).toString('base64'),
  ];
  // Twice: a backup that succeeds, and one that fails while a receiver of pings does.
  const flags = {
    name: 'shop',
    'connection-string': cluster.url('shop', role),
    'archive-password': 'env:ARCHIVE_SECRET',
    'b2-key-id': id,
    'b2-app-key': `file:${account.folder.at('app-key')}`,
    'hc-url-start': `${receiver.url.replace('//', '//me:hunter2-of-the-ping@')}/ping-uuid-start`,
    'hc-url-success': `${receiver.url}/ping-uuid-success`,
    'hc-url-fail': `${receiver.url}/ping-uuid-fail`,
  };

  const seen: string[] = [];
  const sampling = setInterval(() => {
    // The command line of the `add` below is the user's own doing (a child has its parent's until it is another program);
    // the lines of everything that it starts are not.
    const lines = commandLines().map(({ line }) => line);
    const others = lines.filter((line) => !line.includes('bin/run.js add --name=shop'));
    seen.push(...others.filter((line) => secrets.some((secret) => line.includes(secret))));
  }, 5);
  const adding = account.start(['add', ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)]);
  const outputs: Finished[] = [await adding.finished];
  const slow = { PGBAK_PG_BIN: slowPgDump(account.folder, 1) };
  outputs.push(await account.start(['run', '--force', '--json'], slow).finished);
  server.faults.add({
    endpoint: 'b2_upload_file',
    times: 9,
    action: { kind: 'refuse', status: 403, code: 'cap_exceeded', message: `no more for ${key}` },
  });
  receiver.answers.push(404, 404);
  outputs.push(await account.start(['run', '--force'], { ...slow, DEBUG: 'pgbak*' }).finished);
  clearInterval(sampling);
  for (const args of [['list'], ['list', '--json'], ['logs'], ['logs', '--json'], ['run', '--dry-run', '--force']]) {
    outputs.push(await account.pgbak(...args));
  }
  expect(outputs.map(({ status }) => status)).toEqual([0, 0, 1, 0, 0, 0, 0, 0]);
  expect(seen).toEqual([]);

  const said = outputs.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join('\n');
  expect(said).toContain('caps is reached');
  const shipped = mezmo.requests.map(({ body }) => body).join('\n');
  expect(shipped).toContain('caps is reached');
  const pinged = receiver.requests.map(({ body }) => body).join('\n');
  const catalog = new Database(account.catalogPath, { readonly: true });
  const logged = JSON.stringify(catalog.prepare('select * from backup_log').all());
  const server1 = catalog.prepare('select * from servers').get() as Record<string, unknown>;
  catalog.close();
  // Those columns are the secrets' own; what is a reference is stored as one.
  expect(server1).toMatchObject({ archive_password: 'env:ARCHIVE_SECRET', B2_APP_KEY: flags['b2-app-key'] });
  for (const own of ['connection_string', 'hc_url_start', 'hc_url_success', 'hc_url_fail']) server1[own] = '';
  const elsewhere = JSON.stringify(server1);
  for (const secret of secrets) {
    for (const [place, text] of Object.entries({ said, shipped, pinged, logged, elsewhere })) {
      // A name rather than the text itself: what fails here must not print it.
      expect({ place, secret: secrets.indexOf(secret), isSeen: text.includes(secret) }).toMatchObject({
        isSeen: false,
      });
    }
  }
  expect(readFileSync(account.folder.at('app-key'), 'utf8')).toBe(`${key}\n`);
}, 120_000);
