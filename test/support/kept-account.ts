import { chmodSync, cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import type { Account } from './pgbak.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface KeptAccount extends Disposable {
  /** Makes the account what it was: its catalogue, all other files in its folder, and its environment. */
  bringBack(): void;
}

/**
 * Keeps an account as it is now, so that the tests of a file begin with the same servers and backups without making
 * them anew. Nothing of pgbak may run in it, neither now nor when it is brought back.
 */
export function keepAccount(account: Account): KeptAccount {
  const kept = temporaryFolder();
  const env = { ...account.env };
  const mode = statSync(account.folder.path).mode & 0o777;
  const copy = (from: string, to: string) => cpSync(from, to, { recursive: true, preserveTimestamps: true });
  copy(account.folder.path, kept.path);
  return {
    bringBack: () => {
      for (const name of readdirSync(account.folder.path)) {
        rmSync(account.folder.at(name), { recursive: true, force: true });
      }
      copy(kept.path, account.folder.path);
      chmodSync(account.folder.path, mode);
      for (const name of Object.keys(account.env)) delete account.env[name];
      Object.assign(account.env, env);
    },
    [Symbol.dispose]: () => kept[Symbol.dispose](),
  };
}
