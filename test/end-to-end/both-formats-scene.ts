import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { processesWith } from '../support/processes.ts';

export let cluster: Cluster;
const accounts: Record<string, Account> = {};
/** What pg_dump writes of the database. */
export let source = '';

/**
 * A sample database, and for all tests of a file an account for each format with one backup of it: a restore changes
 * nothing in the account that it is made from. The end of each test checks that no process and no temporary file is left.
 */
export function setTheScene(): void {
  beforeAll(async () => {
    cluster = await startCluster();
    await createSampleDatabase(cluster, 'shop');
    source = await contentsOf(cluster, 'shop');
    for (const format of ['binary', 'sql']) {
      const account = newAccount();
      accounts[format] = account;
      await account.add({
        name: 'shop',
        'connection-string': cluster.url('shop'),
        destination: `file:${account.folder.at('backups')}`,
        'archive-password': 'a secret',
        format,
      });
      expect(await account.pgbak('run')).toMatchObject({ status: 0 });
    }
  });
  afterEach(() => {
    for (const account of Object.values(accounts)) {
      expect(processesWith(account.folder.path)).toEqual([]);
      expect(readdirSync(account.temporary)).toEqual([]);
    }
  });
  afterAll(async () => {
    for (const account of Object.values(accounts)) account[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });
}

/** The account whose only backup has that format. */
export function accountWith(format: string): Account {
  const account = accounts[format];
  if (account === undefined) throw new Error(`no account with a backup in ${format}`);
  return account;
}
