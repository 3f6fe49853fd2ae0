import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { keepAccount, type KeptAccount } from '../support/kept-account.ts';
import { newAccount, type Account, type Finished } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';

export const PASSWORD = 'archive secret';

export let cluster: Cluster;
export let account: Account;
export let sevenZip: string;
let count = 0;
let empty: KeptAccount;
/** The account after a first backup, by the flags and the environment that it was made with. */
const backedUp = new Map<string, KeptAccount>();

/**
 * A cluster with a small database for all tests of a file, and an account with an archive password that each begins
 * without a catalogue.
 */
export function setTheScene(): void {
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.createDatabase('shop');
    await cluster.sql(
      'shop',
      'create table customer as select n, md5(n::text) as name from generate_series(1, 2000) n',
    );
    sevenZip = (await installedSevenZip()).file;
    account = newAccount({ ARCHIVE_PASSWORD: PASSWORD });
    empty = keepAccount(account);
  });
  afterAll(async () => {
    for (const kept of [empty, ...backedUp.values()]) kept[Symbol.dispose]();
    account[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });
  beforeEach(() => empty.bringBack());
  afterEach(() => expect(processesWith(account.folder.path)).toEqual([]));
}

export const directory = () => account.folder.at('backups');
export const archives = () => archivesIn(directory()).map((name) => `${directory()}/${name}`);

/**
 * Backs up into a directory and returns the path of the newest archive: the first thing that a test does. Another test
 * that does the same with the same flags gets what the first one made.
 */
export async function backUp(flags: Record<string, string | number | true> = {}): Promise<string> {
  expect(existsSync(account.catalogPath)).toBe(false);
  const how = JSON.stringify([flags, account.env]);
  const kept = backedUp.get(how);
  if (kept !== undefined) {
    kept.bringBack();
    return archives().at(-1) ?? '';
  }
  const place = { destination: `file:${directory()}`, 'min-size': 1 };
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), ...place, ...flags });
  expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
  backedUp.set(how, keepAccount(account));
  return archives().at(-1) ?? '';
}

export async function emptyDatabase(): Promise<string> {
  const name = `restored_${(count += 1)}`;
  await cluster.createDatabase(name);
  return name;
}

export const tablesIn = (database: string) =>
  cluster.sql(database, "select coalesce(string_agg(tablename, ','), '') from pg_tables where schemaname = 'public'");

/** Puts an archive of these entries in the place of another, by the same name and so with the same modes. */
export function replace(path: string, entries: Record<string, string | Buffer>, password?: string): void {
  const folder = account.folder.at(`made ${(count += 1)}`);
  mkdirSync(folder);
  const options = password === undefined ? [] : [`-p${password}`, '-mhe=on'];
  for (const [name, content] of Object.entries(entries)) {
    const args = ['a', '-t7z', ...options, `-si${name}`, `${folder}/made.7z`];
    execFileSync(sevenZip, args, { input: content, stdio: ['pipe', 'pipe', 'pipe'] });
  }
  copyFileSync(`${folder}/made.7z`, path);
}

export const planting = (mark: string) =>
  `--\n-- PostgreSQL database dump\n--\n\n\\! touch '${mark}'\ncreate table planted (n int);\nCOMMIT;\n--\n-- PostgreSQL database dump complete\n--\n\n`;

/** Loses the catalogue. */
export const forget = () => rmSync(dirname(account.catalogPath), { recursive: true });
export const rebuild = (...flags: string[]): Promise<Finished> =>
  account.pgbak('catalog', 'rebuild', '--from', `file:${directory()}`, ...flags);
export const verdicts = async (...args: string[]) =>
  (await account.json('verify', ...args)) as { verdict: string; message: string }[];
