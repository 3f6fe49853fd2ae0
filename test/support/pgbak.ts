import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { verifier } from './verify-backups.ts';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

export const PGBAK = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface ResultRow {
  name: string;
  status: string;
  reason?: string;
  size?: number;
  rawSize?: number;
  objectId?: string;
  objectName?: string;
  warnings?: string[];
  error?: string;
}

export interface RunningPgbak {
  child: ChildProcess;
  pid: number;
  finished: Promise<Finished>;
}

/** A user's account: a home of its own, no catalogue yet, nothing in the environment but what a test puts there. */
export interface Account extends Disposable {
  folder: TemporaryFolder;
  env: Record<string, string>;
  /** Where archives are built. */
  temporary: string;
  catalogPath: string;
  /** Runs pgbak as a user would type it, to its end. */
  pgbak(...args: string[]): Promise<Finished>;
  /** `pgbak add` with these flags. */
  add(flags: Record<string, string | number | true>): Promise<Finished>;
  /** The same with `--json`; the document. */
  json(...args: string[]): Promise<unknown>;
  /** `pgbak run --json` with these arguments; what it says of each server. */
  results(...args: string[]): Promise<ResultRow[]>;
  start(args: readonly string[], env?: Record<string, string>): RunningPgbak;
}

export function newAccount(env: Record<string, string> = {}): Account {
  if (!existsSync(fileURLToPath(new URL('../../dist/commands/run.js', import.meta.url)))) {
    throw new Error('dist is missing: npm run build');
  }
  const folder = temporaryFolder();
  const home = folder.at('home');
  const temporary = folder.at('tmp');
  mkdirSync(home);
  mkdirSync(temporary);
  const account: Account = {
    folder,
    temporary,
    catalogPath: folder.at('home', 'catalog', 'backup.sqlite'),
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      DB_PATH: folder.at('home', 'catalog', 'backup.sqlite'),
      PGBAK_TMPDIR: temporary,
      // Most tests count what is stored; those of the copies turn it on.
      PGBAK_CATALOG_COPY: 'off',
      ...env,
    },
    pgbak: async (...args) => await account.start(args).finished,
    add: async (flags) =>
      await account.pgbak(
        'add',
        // A directory in a test's own folder is meant to be made; any other is not touched.
        ...(String(flags['destination']).startsWith(`file:${folder.path}`) ? ['--create-destination'] : []),
        ...Object.entries(flags).map(([flag, value]) => (value === true ? `--${flag}` : `--${flag}=${value}`)),
      ),
    json: async (...args) => {
      const { stdout, stderr } = await account.start([...args, '--json']).finished;
      try {
        return JSON.parse(stdout) as unknown;
      } catch {
        throw new Error(`no JSON: ${stdout}\n${stderr}`);
      }
    },
    results: async (...args) => {
      const document = (await account.json('run', ...args)) as { results?: ResultRow[] };
      if (document.results === undefined) throw new Error(`no results: ${JSON.stringify(document)}`);
      return document.results;
    },
    start: (args, more = {}) => {
      // Every backup that a test makes is restored as well.
      const again = (words: readonly string[], other: Record<string, string>) => account.start(words, other);
      const verifyNew = args[0] === 'run' ? verifier(account.catalogPath, again) : undefined;
      const child = spawn(process.execPath, [PGBAK, ...args], {
        env: { ...account.env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
      const finished = Promise.all([exited, text(child.stdout), text(child.stderr)]).then(
        async ([status, stdout, stderr]) => {
          await verifyNew?.();
          return { status, stdout, stderr };
        },
      );
      if (child.pid === undefined) throw new Error('pgbak did not start');
      return { child, pid: child.pid, finished };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  return account;
}
