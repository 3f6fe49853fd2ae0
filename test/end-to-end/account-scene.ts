import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

export let cluster: Cluster;
export let account: Account;

/**
 * A cluster for all tests of a file, with what `prepare` puts into it, and a new account for each test, whose end checks that no
 * process and no temporary file is left.
 */
export function setTheScene(prepare?: (cluster: Cluster) => Promise<void>): void {
  beforeAll(async () => {
    cluster = await startCluster();
    await prepare?.(cluster);
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());
  beforeEach(() => {
    account = newAccount();
  });
  afterEach(() => {
    expect(processesWith(account.folder.path)).toEqual([]);
    expect(readdirSync(account.temporary)).toEqual([]);
    account[Symbol.dispose]();
  });
}
