import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { expect, test } from '@jest/globals';
import { mountSmallDisk } from '../support/small-disk.ts';
import {
  account,
  backUp,
  cluster,
  emptyDatabase,
  forget,
  PASSWORD,
  planting,
  rebuild,
  replace,
  sevenZip,
  tablesIn,
  verdicts,
  setTheScene,
} from './proof-scene.ts';

// What is restored or verified was proved before: all of it, and the very bytes that are opened.

setTheScene();

test.each([
  ['without a password {replaced@prove, hostile@load}', undefined],
  ['with the very password {replaced@load, hostile@prove}', PASSWORD],
])('not a byte of an archive that was replaced is handed to anybody: made %s', async (_how, password) => {
  const archive = await backUp();
  const mark = account.folder.at('touched');
  replace(archive, { 'shop.sql': planting(mark) }, password);
  const database = await emptyDatabase();
  const file = account.folder.at('out.sql');
  for (const target of [['--to', cluster.url(database)], ['--output', file], ['--stdout']]) {
    expect(await account.pgbak('restore', 'shop', ...target)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/is not the archive that was stored/),
    });
  }
  const scratch = ['--scratch-url', cluster.url('postgres')];
  expect(await verdicts('--level', 'restore', ...scratch)).toMatchObject([{ verdict: 'bad' }]);
  expect([existsSync(mark), await tablesIn(database), existsSync(file)]).toEqual([false, '', false]);
  expect(readdirSync(account.temporary)).toEqual([]);
});

test.each([
  ['renamed over it {replaced@prove}', 'mv "$other" "$archive"'],
  ['written into it in place {damaged@load}', 'cat "$other" > "$archive"'],
])('what stands in the place of an archive after its proof is not what is opened: %s', async (_how, change) => {
  const archive = await backUp();
  const other = account.folder.at('other.7z');
  replace(other, { 'shop.sql': planting(account.folder.at('touched')) }, PASSWORD);
  // The first 7-Zip that is started finds the archive proved already.
  const late = account.folder.at('late-7zz');
  const script = `other='${other}'; archive='${archive}'; if [ -e "$other" ]; then ${change}; rm -f "$other"; fi`;
  writeFileSync(late, `#!/bin/sh\n${script}\nexec '${sevenZip}' "$@"\n`, { mode: 0o755 });
  account.env['PGBAK_7Z'] = late;
  const database = await emptyDatabase();
  expect(await account.pgbak('restore', 'shop', '--to', cluster.url(database))).toMatchObject({ status: 0 });
  expect(existsSync(other)).toBe(false);
  expect(await tablesIn(database)).toBe('customer');
});

test('a fifo, a device, a link or a directory in place of an archive is refused, and not waited for {replaced@fetch}', async () => {
  const archive = await backUp();
  const good = account.folder.at('good.7z');
  copyFileSync(archive, good);
  const file = account.folder.at('out.sql');
  for (const [kind, put] of [
    ['a fifo', () => execFileSync('mkfifo', [archive])],
    ['a device', () => execFileSync('mknod', [archive, 'c', '1', '5'])],
    ['a symbolic link', () => symlinkSync(good, archive)],
    ['a directory', () => mkdirSync(archive)],
  ] as const) {
    rmSync(archive);
    put();
    expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`is ${kind}, not the file that was stored`),
    });
    expect(await verdicts()).toMatchObject([{ verdict: 'bad', message: expect.stringContaining(kind) }]);
    rmSync(archive, { recursive: true });
    copyFileSync(good, archive);
  }
  expect(await verdicts()).toMatchObject([{ verdict: 'good' }]);
  // The same for the small file beside it, which is not even needed.
  rmSync(`${archive}.sha256`);
  execFileSync('mkfifo', [`${archive}.sha256`]);
  forget();
  expect(await rebuild()).toMatchObject({ status: 0 });
  expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({ status: 0 });
});

test('a bomb, a name that leads elsewhere, and a second dump in an archive are refused {hostile@fetch, damaged@prove}', async () => {
  delete account.env['ARCHIVE_PASSWORD'];
  const archive = await backUp({ 'include-globals': true });
  const dump = account.folder.at('whole.sql');
  await account.pgbak('restore', 'shop', '--output', dump);
  const good = readFileSync(dump);
  rmSync(`${archive}.sha256`);
  const database = await emptyDatabase();
  const many = Object.fromEntries(Array.from({ length: 120 }, (_one, number) => [`shop.sql.${number}`, 'x']));
  for (const [entries, words] of [
    [{ 'shop.sql': good, 'shop.globals.sql': Buffer.alloc(70_000_000, ' ') }, /unpacks to more than 64000000 bytes/],
    [{ 'shop.sql': good, '../evil': 'x' }, /more than pgbak puts into one/],
    [{ 'shop.sql/a': good }, /, but not shop\.sql/],
    [{ ...many, 'shop.sql': good }, /holds more than 100 files/],
    [{ 'shop.sql': Buffer.alloc(70_000_000, ' ') }, /the dump in the archive is incomplete/],
  ] as const) {
    forget();
    rmSync(archive);
    replace(archive, entries);
    await rebuild();
    const to = ['--to', cluster.url(database), '--globals'];
    expect(await account.pgbak('restore', 'shop', ...to)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(words),
    });
    expect(await tablesIn(database)).toBe('');
  }
});

test('an archive for which the temporary directory has no room is told so, and the database stays as it was {full@fetch}', async () => {
  await backUp();
  using disk = mountSmallDisk(account.folder.at('small'), 16 * 1024);
  account.env['PGBAK_TMPDIR'] = disk.path;
  const database = await emptyDatabase();
  expect(await account.pgbak('restore', 'shop', '--to', cluster.url(database))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/does not fit into the temporary directory .*small[\s\S]*PGBAK_TMPDIR/),
  });
  expect(await tablesIn(database)).toBe('');
  expect(readdirSync(disk.path)).toEqual([]);
  expect(await verdicts()).toMatchObject([{ verdict: 'unknown' }]);
});

// Nothing is known of what an archive held once the catalogue is lost: what it holds is judged by itself.
test('rebuilt from storage alone, an archive with psql commands, programs or a COMMIT in its dump or its roles runs and plants nothing {hostile@load, hostile@scratch, replaced@scratch, hostile@commit}', async () => {
  const archive = await backUp({ 'include-globals': true });
  const dump = account.folder.at('whole.sql');
  await account.pgbak('restore', 'shop', '--output', dump);
  const good = readFileSync(dump, 'utf8');
  const mark = account.folder.at('touched');
  const taken = await emptyDatabase();
  await cluster.sql(taken, 'create table mine (n int)');
  const empty = await emptyDatabase();
  const restore = async (entries: Record<string, string>, words: RegExp, ...args: string[]) => {
    rmSync(archive);
    rmSync(`${archive}.sha256`, { force: true });
    replace(archive, entries, PASSWORD);
    forget();
    expect(await rebuild()).toMatchObject({ status: 0 });
    expect(await account.pgbak('restore', 'shop', '--to', cluster.url(empty), ...args)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(words),
    });
  };
  const inDump = /the dump holds something that pg_dump never writes/;
  const inRoles = /the roles and settings in the archive hold something that pg_dumpall never writes/;
  for (const line of [
    `\\! touch '${mark}'`,
    `\\copy (select 1) to program 'touch ${mark}'`,
    `COPY (SELECT 1) TO PROGRAM 'touch ${mark}';`,
    'COMMIT;\nCREATE TABLE planted ();',
  ]) {
    const hostile = good.replace(/^SET statement_timeout/m, () => `${line}\nSET statement_timeout`);
    await restore({ 'shop.sql': hostile }, inDump);
    if (line.startsWith('COMMIT')) {
      const clean = await account.pgbak('restore', 'shop', '--to', cluster.url(taken), '--clean', '--yes');
      expect(clean).toMatchObject({ status: 1, stderr: expect.stringMatching(inDump) });
      const scratch = ['--scratch-url', cluster.url('postgres')];
      const bad = { verdict: 'bad', message: expect.stringMatching(inDump) };
      expect(await verdicts('--level', 'restore', ...scratch)).toMatchObject([bad]);
    }
    await restore(
      { 'shop.sql': good, 'shop.globals.sql': `SET client_encoding = 'UTF8';\n${line}\n` },
      inRoles,
      '--globals',
    );
    expect([existsSync(mark), await tablesIn(empty), await tablesIn(taken)]).toEqual([false, '', 'mine']);
  }
  expect(await tablesIn('postgres')).toBe('');
});
