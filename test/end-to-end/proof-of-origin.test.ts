import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import { processesWith } from '../support/processes.ts';
import {
  account,
  archives,
  backUp,
  cluster,
  directory,
  emptyDatabase,
  forget,
  PASSWORD,
  rebuild,
  replace,
  sevenZip,
  tablesIn,
  verdicts,
  setTheScene,
} from './proof-scene.ts';

// What tells whether an archive is one's own: its password, its checksums, and what became of them on the way.

setTheScene();

test('a machine with a password takes no archive without one, unless it is told to {replaced@record, secret@prove}', async () => {
  const archive = await backUp();
  const dump = account.folder.at('whole.sql');
  await account.pgbak('restore', 'shop', '--output', dump);
  rmSync(`${archive}.sha256`);
  replace(archive, { 'shop.sql': readFileSync(dump) });
  forget();
  expect(await rebuild()).toMatchObject({ status: 0 });
  const database = await emptyDatabase();
  const to = ['--to', cluster.url(database)];
  expect(await account.pgbak('restore', 'shop', ...to)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/is not encrypted, though there is an archive password.*\n.*--allow-unencrypted/),
  });
  expect(await tablesIn(database)).toBe('');
  expect(await verdicts()).toMatchObject([{ verdict: 'unknown', message: expect.stringMatching(/is not encrypted/) }]);
  expect(await account.pgbak('restore', 'shop', ...to, '--allow-unencrypted')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/is the archive that was stored cannot be told: no checksum of it is known/),
  });
  expect(await verdicts('--allow-unencrypted')).toMatchObject([{ verdict: 'good' }]);
});

test('a password that is missing, wrong or another by now says nothing of a backup, and is asked for {secret@load, secret@fetch}', async () => {
  await backUp();
  const file = account.folder.at('out.sql');
  for (const [password, words] of [
    ['another one', /the archive password does not open backup 1 of shop/],
    [undefined, /backup 1 of shop is encrypted and no archive password is set/],
  ] as const) {
    if (password === undefined) delete account.env['ARCHIVE_PASSWORD'];
    else account.env['ARCHIVE_PASSWORD'] = password;
    const { status, stderr } = await account.pgbak('restore', 'shop', '--output', file);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(words) });
    expect(stderr).toContain('--archive-password');
    expect(await verdicts('--all')).toMatchObject([{ verdict: 'unknown', message: expect.stringMatching(words) }]);
    expect(await account.json('status')).toMatchObject([{ state: 'OK' }]);
  }
  account.env['EARLIER'] = PASSWORD;
  expect(await verdicts('--archive-password', 'env:EARLIER')).toMatchObject([{ verdict: 'good' }]);
  expect(await account.pgbak('verify', '--archive-password', '-')).toMatchObject({ status: 2 });
});

test('the sum beside an archive is known again after a rebuild, and one that was not signed with the password is not {replaced@publish, gone@record}', async () => {
  const first = await backUp();
  await account.pgbak('run', '--force');
  const [, second = ''] = archives();
  const sumOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  const sums = async () =>
    ((await account.json('logs')) as { sha256: string | null }[]).map(({ sha256 }) => sha256).toReversed();
  expect(await sums()).toEqual([sumOf(first), sumOf(second)]);
  execFileSync('sha256sum', ['-c', basename(second) + '.sha256'], { cwd: directory(), stdio: 'pipe' });

  forget();
  expect(await rebuild()).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/signed/) });
  expect(await sums()).toEqual([sumOf(first), sumOf(second)]);

  // Without the password at hand they are judged when it is.
  forget();
  delete account.env['ARCHIVE_PASSWORD'];
  expect(await rebuild()).toMatchObject({ status: 0 });
  const file = account.folder.at('out.sql');
  const restored = await account.pgbak('restore', 'shop', '--output', file, '--archive-password', PASSWORD);
  expect(restored).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/cannot be told/) });

  // The first in the place of the second, with a sum that fits and a signature for another time.
  const beside = readFileSync(`${first}.sha256`, 'utf8').replace(basename(first), basename(second));
  copyFileSync(first, second);
  writeFileSync(`${second}.sha256`, beside);
  execFileSync('sha256sum', ['-c', basename(second) + '.sha256'], { cwd: directory(), stdio: 'pipe' });
  forget();
  account.env['ARCHIVE_PASSWORD'] = PASSWORD;
  expect(await rebuild()).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(
      /1 archive of shop in file:\S+ has a checksum that is not signed .* \(made 20\S+\).*: pgbak verify shop --all$/m,
    ),
  });
  expect(await sums()).toEqual([sumOf(first), null]);

  // Both are of the catalogue that was lost: no rule holds for them before somebody says so.
  const [, lost = ''] = /"pgbak-catalog":"([\da-f-]+)"/.exec(beside) ?? [];
  expect(await rebuild('--adopt-catalog', lost)).toMatchObject({ status: 0 });
  await account.pgbak('edit', 'shop', '--keep-last', '1');
  await account.pgbak('prune');
  expect(readdirSync(directory()).filter((name) => name.endsWith('.sha256'))).toEqual([`${basename(second)}.sha256`]);
});

test('archives that another password signed are told of in one line {replaced@publish}', async () => {
  await backUp();
  await account.pgbak('run', '--force');
  forget();
  const { status, stderr } = await rebuild('--archive-password', 'another one');
  expect({ status, lines: stderr.split('\n').filter((line) => line.includes('not signed')) }).toEqual({
    status: 0,
    lines: [
      expect.stringMatching(
        /^pgbak: warning: 2 archives of shop .* have checksums .* \(the newest made 20\S+\)\. They were/,
      ),
    ],
  });
});

test('a rebuilt server without its archive password says that new backups would not be encrypted, until told so', async () => {
  await backUp();
  forget();
  delete account.env['ARCHIVE_PASSWORD'];
  await rebuild();
  const lapsed = /new backups are NOT encrypted, as no archive password is set; 1 earlier backup is encrypted/;
  const edit = (...flags: string[]) => account.pgbak('edit', 'shop', '--no-check', ...flags);
  expect(await edit('--connection-string', cluster.url('shop'))).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(lapsed),
  });
  expect((await account.pgbak('doctor', 'shop')).stdout).toMatch(lapsed);
  expect(await account.results('--force')).toMatchObject([
    { status: 'success', warnings: [expect.stringMatching(lapsed)] },
  ]);
  // With a password they are; with the old one kept for the earlier backups, somebody wants it so.
  for (const flags of [
    ['--archive-password', PASSWORD],
    ['--archive-password', '', '--earlier-archive-password', PASSWORD],
  ]) {
    expect(await edit(...flags)).toMatchObject({
      status: 0,
      stderr: expect.not.stringMatching(lapsed),
    });
    expect(await account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
  }
});

test('what a killed restore left beside its file is removed by the next one, and nothing of anybody else {kill@load}', async () => {
  await backUp();
  const slow = account.folder.at('slow-7zz');
  writeFileSync(
    slow,
    `#!/bin/sh\ncase "$1" in x) '${sevenZip}' "$@" | head -c 30000; exec sleep 600;; esac\nexec '${sevenZip}' "$@"\n`,
    { mode: 0o755 },
  );
  const folder = account.folder.at('out');
  mkdirSync(folder);
  const foreign = `${folder}/shop.sql.partial`;
  writeFileSync(foreign, 'precious');
  const left = () => readdirSync(folder).filter((name) => name.endsWith('.partial') && !name.startsWith('shop'));
  const running = account.start(['restore', 'shop', '--output', `${folder}/shop.sql`], { PGBAK_7Z: slow });
  await eventually('a part of the dump is written', () => left().length === 1);
  running.child.kill('SIGKILL');
  await running.finished;
  expect(left()).toHaveLength(1);
  await eventually('no process is left', () => processesWith(account.folder.path).length === 0);
  expect(await account.pgbak('restore', 'shop', '--output', `${folder}/shop.sql`)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/removed .*\.partial, left by an interrupted restore/),
  });
  expect(readdirSync(folder).toSorted()).toEqual(['shop.sql', 'shop.sql.partial']);
});

test('--output - is standard output {output@load}', async () => {
  await backUp();
  const { stdout } = await account.pgbak('restore', 'shop', '--stdout');
  expect(stdout).toMatch(/PostgreSQL database dump complete/);
  expect(await account.pgbak('restore', 'shop', '--output', '-')).toMatchObject({ status: 0, stdout });
  expect(existsSync('-')).toBe(false);
  expect(await account.pgbak('restore', 'shop', '--output', '-', '--json')).toMatchObject({ status: 2 });
});

test('a byte that changes once on the way down is fetched again and told; the backup is good {damaged@fetch}', async () => {
  await using server = await startB2Server();
  server.createBucket('pgbak-bucket');
  const { id, key } = server.masterKey;
  Object.assign(account.env, { B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'min-size': 1 });
  await account.pgbak('run');
  const damageOnce = () => server.faults.add({ endpoint: 'b2_download', action: { kind: 'corrupt' } });

  damageOnce();
  const file = account.folder.at('out.sql');
  expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/is good, but came damaged the first time.*check the network/),
  });
  damageOnce();
  expect(await account.pgbak('verify')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/check the network/),
  });
  expect(await account.json('status')).toMatchObject([{ state: 'OK' }]);

  // A catalogue that was lost knows the sum again.
  const [{ sha256 } = { sha256: null }] = (await account.json('logs')) as { sha256: string | null }[];
  expect(sha256).toMatch(/^[\da-f]{64}$/);
  forget();
  expect(await account.pgbak('catalog', 'rebuild', '--from', 'b2:pgbak-bucket')).toMatchObject({ status: 0 });
  expect(await account.json('logs')).toMatchObject([{ sha256 }]);
});
