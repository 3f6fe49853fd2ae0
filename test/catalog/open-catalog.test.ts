import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { catalogError } from '../../src/catalog/dialects/sqlite-errors.ts';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import { systemClock } from '../../src/system/clock.ts';
import { PGBAK, newAccount } from '../support/pgbak.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { LATEST, writeDatabase } from './earlier-files.ts';

const open = (path: string) => openCatalog(path, { use: 'create', clock: systemClock, temporaryDirectory: tmpdir() });

describe('a new catalogue', () => {
  test('is readable by its owner alone, whatever the umask says', async () => {
    using folder = temporaryFolder();
    const path = folder.at('made', 'when needed', 'backup.sqlite');
    const before = process.umask(0);
    try {
      await (await open(path)).close();
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder.at('made', 'when needed')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder.at('made', 'when needed'))) {
      expect(statSync(folder.at('made', 'when needed', name)).mode & 0o077).toBe(0);
    }
  });

  test('is made once, by whichever of two processes comes first', async () => {
    using account = newAccount();
    const shop = { 'connection-string': 'postgresql:///shop', destination: 'file:/srv', 'no-check': true } as const;
    const names = ['a', 'b', 'c', 'd'];
    const runs = await Promise.all(names.map(async (name) => await account.add({ ...shop, name })));
    expect(runs).toMatchObject(names.map(() => ({ status: 0 })));
    expect(await account.json('list')).toHaveLength(names.length);
  });

  test('is adopted once, by whichever of two processes comes first', async () => {
    using account = newAccount();
    execFileSync('mkdir', ['-p', account.folder.at('home', 'catalog')]);
    writeDatabase(account.catalogPath, LATEST.ddl);
    const runs = await Promise.all(Array.from({ length: 4 }, () => account.pgbak('list', '--json')));
    for (const { status, stdout } of runs) {
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toHaveLength(2);
    }
    expect(runs.filter(({ stderr }) => stderr.includes('took over 2 servers and 4 log entries'))).toHaveLength(1);
    expect(readdirSync(account.folder.at('home', 'catalog')).filter((name) => name.includes('before'))).toHaveLength(1);
  });

  test('keeps foreign keys, a write-ahead log, and waits for others', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    await (await open(path)).close();
    const database = new Database(path);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.exec('begin immediate');
    // A synchronous driver waits in its own process, so that another one has to write.
    const add = ['add', '--name', 'shop', '--connection-string', 'postgresql:///shop', '--destination', 'file:/srv'];
    const child = spawn(process.execPath, [PGBAK, ...add, '--no-check'], { env: { ...process.env, DB_PATH: path } });
    const ended = once(child, 'exit');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(child.exitCode).toBeNull();
    database.exec('commit');
    expect(await ended).toEqual([0, null]);
    database.close();
  });
});

describe('refused without a byte changed:', () => {
  test.each<[string, (path: string) => void, RegExp]>([
    [
      'a text file {replaced@connect}',
      (path) => writeFileSync(path, 'these are my notes\n'.repeat(100)),
      /is not a SQLite file/,
    ],
    [
      'a foreign database {replaced@connect}',
      (path) => writeDatabase(path, 'create table cars (id integer); insert into cars values (1)'),
      /not a catalogue of pgbak: it holds cars/,
    ],
    [
      'a foreign database with a table of servers',
      (path) => writeDatabase(path, 'create table servers (id integer, host text)'),
      /not a catalogue of pgbak/,
    ],
    [
      'a catalogue of a newer pgbak',
      (path) =>
        writeDatabase(
          path,
          "create table pgbak_meta (name text, value text); insert into pgbak_meta values ('schema', '99')",
        ),
      /written by a newer pgbak \(schema 99/,
    ],
    [
      'a damaged one {damaged@connect}',
      (path) => {
        writeDatabase(path, LATEST.ddl);
        const bytes = readFileSync(path);
        bytes.fill(0x55, 100, 4000);
        writeFileSync(path, bytes);
      },
      /is damaged|cannot be used/,
    ],
  ])('%s', async (_name, write, message) => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    write(path);
    const before = readFileSync(path);
    await expect(open(path)).rejects.toThrow(message);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder.path)).toEqual(['backup.sqlite']);
  });

  test('a directory, and a path below a file', async () => {
    using folder = temporaryFolder();
    await expect(open(folder.path)).rejects.toThrow(/is a directory/);
    writeFileSync(folder.at('file'), '');
    await expect(open(folder.at('file', 'backup.sqlite'))).rejects.toThrow(/not a directory/);
  });

  test('one that this user may not write to', async () => {
    if (process.getuid?.() === 0) return;
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    await (await open(path)).close();
    chmodSync(path, 0o400);
    await expect(open(path)).rejects.toThrow(/may not/);
  });
});

describe('a better-sqlite3 that does not load', () => {
  test('is one line with the remedy and exit status 2', async () => {
    using account = newAccount();
    // A copy of this installation, most of it hard links, whose compiled part is of another kind.
    const copy = account.folder.at('package');
    mkdirSync(copy);
    const parts = ['bin', 'dist', 'package.json', 'oclif.manifest.json'];
    execFileSync('cp', ['-r', ...parts, copy]);
    execFileSync('cp', ['-al', 'node_modules', copy]);
    const addon = `${copy}/node_modules/better-sqlite3/build/Release/better_sqlite3.node`;
    rmSync(addon);
    writeFileSync(addon, 'not a library');
    mkdirSync(account.folder.at('home', 'catalog'));
    writeDatabase(account.catalogPath, LATEST.ddl);
    const child = spawn(process.execPath, [`${copy}/bin/run.js`, 'list'], { env: account.env });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    expect(stderr).toMatch(
      /^pgbak: better-sqlite3, which reads the catalogue, was built for another version of Node \(this is Node v\d/,
    );
    expect(stderr).toMatch(/npm rebuild better-sqlite3/);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(status).toBe(2);
  });

  test.each([
    [
      Object.assign(new Error('The module was compiled against NODE_MODULE_VERSION 115'), {
        code: 'ERR_DLOPEN_FAILED',
      }),
      /another version of Node/,
    ],
    [new Error('Could not locate the bindings file. Tried: ...'), /was not built when pgbak was installed/],
  ])('is known by its error', (error, message) => {
    expect(catalogError('/backup.sqlite', error)).toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(message),
    });
    const other = new Error('something else');
    expect(catalogError('/backup.sqlite', other)).toBe(other);
  });
});
