import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { keepAccount, type KeptAccount } from '../support/kept-account.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

export let cluster: Cluster;
export let account: Account;
const states = new Map<string, KeptAccount>();

/**
 * A cluster for all tests of a file, with what `prepare` puts into it, and an account that is new for each test, whose end
 * checks that no process and no temporary file is left.
 */
export function setTheScene(prepare?: (cluster: Cluster) => Promise<void>): void {
  beforeAll(async () => {
    cluster = await startCluster();
    await prepare?.(cluster);
    account = newAccount();
    states.set('new', keepAccount(account));
  });
  afterAll(async () => {
    for (const state of states.values()) state[Symbol.dispose]();
    account[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });
  beforeEach(() => states.get('new')?.bringBack());
  afterEach(() => {
    expect(processesWith(account.folder.path)).toEqual([]);
    expect(readdirSync(account.temporary)).toEqual([]);
  });
}

/**
 * Gives a new account the state of that name, as `make` makes it the first time in a file: servers and backups that
 * several tests begin with.
 */
export async function begin(state: string, make: () => Promise<unknown>): Promise<void> {
  const made = states.get(state);
  if (made !== undefined) {
    made.bringBack();
    return;
  }
  await make();
  states.set(state, keepAccount(account));
}
