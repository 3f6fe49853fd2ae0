import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { openCatalog, type Catalog, type CatalogUse } from '../../src/catalog/open-catalog.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/system/clock.ts';
import { newAccount } from '../support/pgbak.ts';
import { serverRecord } from '../support/server-record.ts';
import { CAN_MOUNT, mountSmallDisk, remountReadOnly } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const open = (path: string, use: CatalogUse = 'change', temporaryDirectory = tmpdir()) =>
  openCatalog(path, { use, clock: systemClock, temporaryDirectory });

async function openWithShop(path: string): Promise<Catalog> {
  const catalog = await open(path, 'create');
  await catalog.servers.add(serverRecord());
  return catalog;
}

const started = {
  serverId: 1,
  startedAt: new Date(0),
  format: 'sql',
  compression: 'lzma2:1',
  objectName: 'x',
} as const;

/** What a change of the catalogue is told. */
async function complaintOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => new Error('nothing went wrong'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof Error ? error.message : '';
}

describe('while pgbak works, a catalogue', () => {
  test('that another program keeps locked is said to be in use {locked@record}', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    const catalog = await openWithShop(path);
    const other = new Database(path);
    other.exec('begin immediate');
    expect(await complaintOf(catalog.backups.start(started))).toBe(
      `the catalogue ${path} is in use by another program`,
    );
    other.exec('rollback');
    other.close();
    expect(await catalog.backups.start(started)).toBe(1);
    await catalog.close();
  });

  test('of which a page is damaged is said to be damaged {damaged@record}', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    await (await openWithShop(path)).close();
    const database = new Database(path);
    const page = database
      .prepare("select rootpage from sqlite_master where name = 'backup_log'")
      .pluck()
      .get() as number;
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0x55, (page - 1) * 4096, page * 4096);
    writeFileSync(path, bytes);
    const catalog = await open(path);
    expect(await complaintOf(catalog.backups.list({ limit: 1 }))).toBe(`the catalogue ${path} is damaged`);
    expect(await complaintOf(catalog.backups.start(started))).toBe(`the catalogue ${path} is damaged`);
    expect(await catalog.servers.list()).toHaveLength(1);
    await catalog.close();
  });

  test.each<[string, (path: string) => void, string]>([
    [
      'that is deleted takes nothing that would be lost {gone@record}',
      (path) => rmSync(path),
      'was deleted while pgbak ran',
    ],
    [
      'that is moved away takes nothing either {gone@record}',
      (path) => renameSync(path, `${path}.away`),
      'was deleted while pgbak ran',
    ],
    [
      'that is replaced takes nothing that its successor would not have {replaced@record}',
      (path) => {
        copyFileSync(path, `${path}.other`);
        renameSync(`${path}.other`, path);
      },
      'was replaced by another file while pgbak ran',
    ],
  ])('%s', async (_name, change, message) => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    const catalog = await openWithShop(path);
    const id = await catalog.backups.start(started);
    change(path);
    const finished = { finishedAt: new Date(), runStartedAt: new Date(), warnings: [] };
    expect(await complaintOf(catalog.backups.finish(id, finished))).toBe(`the catalogue ${path} ${message}`);
    expect(await complaintOf(catalog.servers.add(serverRecord({ name: 'b' })))).toContain(message);
    await catalog.close();
  });
});

const ifRoot = CAN_MOUNT ? describe : describe.skip;
ifRoot('on a disk that is', () => {
  test('full, a catalogue says so, and can be read all the same {full@record, full@connect}', async () => {
    using folder = temporaryFolder();
    using disk = mountSmallDisk(folder.at('disk'), 1_000_000);
    const path = `${disk.path}/backup.sqlite`;
    const catalog = await openWithShop(path);
    const fill = () => {
      for (const bytes of [65_536, 4096, 1]) {
        try {
          for (let n = 0; ; n += 1) writeFileSync(`${disk.path}/fill-${bytes}-${n}`, Buffer.alloc(bytes));
        } catch {
          // Nothing of that size fits in any more.
        }
      }
    };
    fill();
    let complaint = '';
    for (let n = 0; n < 100 && complaint === ''; n += 1) {
      complaint = await catalog.backups.start(started).then(
        () => '',
        (error: Error) => error.message,
      );
    }
    expect(complaint).toBe(`the catalogue ${path} cannot be written: its disk is full`);
    const attempts = await catalog.backups.list({ limit: 1000 });
    await catalog.close();
    fill();
    expect(await complaintOf(open(path))).toMatch(/full/);
    for (const temporary of [folder.path, '/nonexistent']) {
      const copy = await open(path, 'read', temporary);
      expect(await copy.backups.list({ limit: 1000 })).toEqual(attempts);
      expect(await complaintOf(copy.backups.start(started))).toMatch(/cannot be written to/);
      await copy.close();
    }
    expect(readdirSync(folder.path)).toEqual(['disk']);
  });

  test('read-only: list, backups, logs, status, restore and export work, and leave nothing {denied@connect, denied@fetch}', async () => {
    using account = newAccount();
    using disk = mountSmallDisk(account.folder.at('home', 'catalog'), 10_000_000);
    const catalog = await openWithShop(account.catalogPath);
    // What stands in the write-ahead log alone has to be read too.
    const id = await catalog.backups.start(started);
    for (const suffix of ['', '-wal']) copyFileSync(account.catalogPath + suffix, account.folder.at(`copy${suffix}`));
    await catalog.close();
    for (const name of readdirSync(disk.path)) rmSync(`${disk.path}/${name}`);
    for (const suffix of ['', '-wal']) copyFileSync(account.folder.at(`copy${suffix}`), account.catalogPath + suffix);
    remountReadOnly(disk.path);
    const before = readdirSync(disk.path);
    expect(await account.json('list')).toMatchObject([{ name: 'shop' }]);
    expect(await account.json('logs')).toMatchObject([{ backupId: id }]);
    expect(await account.pgbak('status')).toMatchObject({ status: 1, stdout: expect.stringMatching(/shop +NEVER/) });
    expect(await account.pgbak('backups')).toMatchObject({ stdout: expect.stringMatching(/No restore points/) });
    expect(await account.pgbak('restore', 'shop', '--stdout')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/there is no good backup/),
    });
    expect(await account.json('catalog', 'export', account.folder.at('out.sqlite'))).toMatchObject({});
    expect(statSync(account.folder.at('out.sqlite')).size).toBeGreaterThan(4096);
    for (const command of [['run'], ['edit', 'shop', '--name', 'b'], ['del', 'shop', '--yes'], ['prune']]) {
      expect(await account.pgbak(...command)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`the catalogue ${account.catalogPath} is on a read-only file system`),
      });
    }
    expect(readdirSync(disk.path)).toEqual(before);
    expect(readdirSync(account.temporary)).toEqual([]);
  });
});
