import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

/** The cluster of a file's tests: see `setTheScene`. */
export let cluster: Cluster;
/** The scene of the test that runs: see `setTheScene`. */
export let scene: Scene;

/** A cluster for all tests of a file, with what `prepare` puts into it, and a new scene for each test. */
export function setTheScene(prepare?: (cluster: Cluster) => Promise<void>): void {
  beforeAll(async () => {
    cluster = await startCluster();
    await prepare?.(cluster);
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());
  beforeEach(async () => {
    scene = await newScene();
  });
  afterEach(async () => await scene[Symbol.asyncDispose]());
}

/** Adds the server `shop` for the database `shop` of that cluster. */
export const add = (flags: Record<string, string | number> = {}) =>
  scene.add({ 'connection-string': cluster.url('shop'), ...flags });

/** An account, a receiver of its pings, and a directory for its archives. */
export interface Scene extends AsyncDisposable {
  account: Account;
  receiver: HttpRecorder;
  /** Adds the server `shop` without trying its connection. */
  add(flags: Record<string, string | number | true>): Promise<void>;
  /** The archives in the directory. */
  stored(): string[];
  /**
   * Runs, and expects a failure that everybody hears of: exit status, log, catalogue, ping. Returns what was said.
   */
  failure(env?: Record<string, string>): Promise<string>;
}

/** Set up before each test; its end checks that no child, no temporary file and no partial archive is left. */
export async function newScene(): Promise<Scene> {
  const account = newAccount();
  const receiver = await startHttpRecorder();
  const stored = () => archivesIn(account.folder.at('backups'));
  return {
    account,
    receiver,
    stored,
    add: async (flags) => {
      const added = await account.add({
        'no-check': true,
        name: 'shop',
        destination: `file:${account.folder.at('backups')}`,
        'archive-password': 'archive secret',
        'hc-url-start': `${receiver.url}/start`,
        'hc-url-success': `${receiver.url}/success`,
        'hc-url-fail': `${receiver.url}/fail`,
        ...flags,
      });
      expect(added).toMatchObject({ status: 0 });
    },
    failure: async (env = {}) => {
      const { status, stdout, stderr } = await account.start(['run', '--force', '--json'], env).finished;
      expect(status).toBe(1);
      const { results } = JSON.parse(stdout) as { results: { status: string; error: string }[] };
      expect(results).toMatchObject([{ name: 'shop', status: 'failed' }]);
      const error = results[0]?.error ?? '';
      expect(stderr).toContain(error.split('\n', 1)[0]);
      expect(await account.json('logs', '--failed', '--limit=1')).toMatchObject([{ success: false, error }]);
      const pings = receiver.requests.map(({ url }) => url);
      expect(pings.at(-1)).toBe('/fail');
      expect(pings).not.toContain('/success');
      expect(receiver.requests.at(-1)?.body).toContain(error);
      expect(stored()).toEqual([]);
      return error;
    },
    [Symbol.asyncDispose]: async () => {
      expect(processesWith(account.folder.path)).toEqual([]);
      expect(readdirSync(account.temporary)).toEqual([]);
      expect(stored().filter((name) => name.endsWith('.partial'))).toEqual([]);
      account[Symbol.dispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}
