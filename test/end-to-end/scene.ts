import { readdirSync } from 'node:fs';
import { expect } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';

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
