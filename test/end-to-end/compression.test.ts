import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { archivesIn } from '../support/archives-in.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';

let cluster: Cluster;
let count = 0;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const add = (account: Account, flags: Record<string, string | true>) =>
  account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    ...flags,
  });

/** What 7-Zip tells of the entries of the archive, one `Name = value` in a line. */
async function listingOf(account: Account, ...password: string[]): Promise<string> {
  const [archive = ''] = archivesIn(account.folder.at('backups'));
  const { file } = await installedSevenZip();
  const args = ['l', '-ba', '-slt', ...password.map((text) => `-p${text}`), account.folder.at('backups', archive)];
  return execFileSync(file, args, { encoding: 'utf8' });
}

async function entriesOf(account: Account, password: string): Promise<string[]> {
  const listing = await listingOf(account, password);
  return [...listing.matchAll(/^(?:Path|Method) = (.*)$/gm)].map(([, value = '']) => value);
}

test.each([
  ['sql', 'zstd:3', ['shop.sql.zst', 'Copy 7zAES']],
  ['binary', 'zstd:1', ['shop.bin.zst', 'Copy 7zAES']],
  ['sql', 'ppmd', ['shop.sql', 'PPMD']],
  ['binary', 'none', ['shop.bin', 'Copy 7zAES']],
  ['sql', 'lzma2:6', ['shop.sql', 'LZMA2']],
])('a %s backup compressed by %s comes back, and its name tells how', async (format, compression, [name, method]) => {
  using account = newAccount();
  await add(account, { format, compression, 'archive-password': 'pw', 'include-globals': true });
  const [made] = await account.results();
  expect({ status: made?.status, error: made?.error }).toEqual({ status: 'success', error: null });
  const dump = account.folder.at('dump');
  expect(await account.json('restore', 'shop', '--output', dump)).toMatchObject({ dumpBytes: made?.rawSize });
  const [globals, , entry, entryMethod] = await entriesOf(account, 'pw');
  expect([globals, entry]).toEqual(['shop.globals.sql', name]);
  expect(entryMethod?.startsWith(method ?? '')).toBe(true);
  const database = `restored_${(count += 1)}`;
  expect(await account.pgbak('restore', 'shop', '--create', '--to', cluster.url(database))).toMatchObject({
    status: 0,
  });
  expect(await contentsOf(cluster, database)).toBe(await contentsOf(cluster, 'shop'));
});

test('a small dump compressed by zstd comes back, also where its size was recorded as zstd left it', async () => {
  using account = newAccount();
  await cluster.createDatabase('tiny');
  await cluster.sql('tiny', 'create table goods as select 7 as n');
  await add(account, {
    'connection-string': cluster.url('tiny'),
    format: 'binary',
    compression: 'zstd:1',
    'min-size': '1',
  });
  const [made] = await account.results();
  expect({ status: made?.status, error: made?.error }).toEqual({ status: 'success', error: null });
  const dump = account.folder.at('dump');
  expect(await account.json('restore', 'shop', '--output', dump)).toMatchObject({ dumpBytes: made?.rawSize });

  const compressedBytes = Number(/^Size = (\d+)$/m.exec(await listingOf(account))?.[1]);
  expect(compressedBytes).toBeLessThan(Number(made?.rawSize));
  const catalog = new Database(account.catalogPath);
  catalog.prepare('update backup_log set raw_size = ?').run(compressedBytes);
  catalog.close();
  expect(await account.pgbak('restore', 'shop', '--create', '--to', cluster.url('tiny again'))).toMatchObject({
    status: 0,
  });
  expect(await cluster.sql('tiny again', 'select n from goods')).toBe('7');
});

test('run --compression is for that run alone, and a rebuilt catalogue finds out how each was made', async () => {
  using account = newAccount();
  await add(account, {});
  expect(await account.results('--compression', 'zstd:5')).toMatchObject([{ status: 'success' }]);
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
  expect(await account.json('logs')).toMatchObject([{ compression: 'lzma2:1' }, { compression: 'zstd:5' }]);
  expect(await account.pgbak('run', '--compression', 'zstd:20')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/the compression must be/),
  });
  Object.assign(account.env, { DB_PATH: account.folder.at('other.sqlite') });
  const place = `file:${account.folder.at('backups')}`;
  expect(await account.json('catalog', 'rebuild', '--from', place)).toMatchObject([{ added: 2 }]);
  expect(await account.json('verify', 'shop', '--at', '1')).toMatchObject([{ isGood: true }]);
  expect(await account.json('verify', 'shop', '--at', '2')).toMatchObject([{ isGood: true }]);
});

test('a zstd that knows less is asked for less', async () => {
  using account = newAccount();
  await add(account, { compression: 'zstd:3' });
  const bin = account.folder.at('bin');
  mkdirSync(bin);
  const real = execFileSync('sh', ['-c', 'command -v zstd'], { encoding: 'utf8' }).trim();
  writeFileSync(
    `${bin}/zstd`,
    `#!/bin/sh\ncase "$*" in *--zstd=*) echo "Incorrect parameters" >&2; exit 1;; esac\nexec '${real}' "$@"\n`,
    { mode: 0o755 },
  );
  account.env['PATH'] = `${bin}:${account.env['PATH']}`;
  expect(await account.results()).toMatchObject([{ status: 'success', warnings: [] }]);
});

test('without zstd the error says what to install, and nothing is stored', async () => {
  using account = newAccount();
  await add(account, { compression: 'zstd:3' });
  // Everything that the machine has, but zstd.
  const bin = account.folder.at('bin');
  mkdirSync(bin);
  const seen = new Set(['zstd']);
  for (const directory of (process.env['PATH'] ?? '').split(':')) {
    for (const name of execFileSync('sh', ['-c', `ls '${directory}' 2>/dev/null || :`], { encoding: 'utf8' }).split(
      '\n',
    )) {
      if (name === '' || seen.has(name)) continue;
      seen.add(name);
      symlinkSync(`${directory}/${name}`, `${bin}/${name}`);
    }
  }
  account.env['PATH'] = bin;
  const { default: zlib } = await import('node:zlib');
  const [made] = await account.results();
  if ('createZstdCompress' in zlib) {
    expect({ status: made?.status, error: made?.error }).toEqual({ status: 'success', error: null });
  } else {
    expect(made).toMatchObject({ status: 'failed', error: expect.stringMatching(/zstd was not found.*\nInstall it/) });
  }
});
