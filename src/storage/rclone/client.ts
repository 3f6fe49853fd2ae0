import { createInterface } from 'node:readline';
import type { Secret } from '../../core/secret.ts';
import { type Clock, limitTo, reasonOf } from '../../system/clock.ts';
import { runProgram, startProgram, type Command, type Ending } from '../../system/programs.ts';
import { pauseMs, withRetries } from '../retry.ts';
import { rcloneEnvironment } from './environment.ts';
import { givenUp, RcloneFailure } from './failure.ts';
import { findRclone } from './find-rclone.ts';

/** A remote of rclone's configuration, and how rclone is started for it. */
export interface RcloneAccount {
  remote: string;
  /** Relative to the remote; empty for its root. */
  path: string;
  /** Undefined: rclone's own rules, with `RCLONE_CONFIG` first. */
  configFile?: string | undefined;
  /** As `--bwlimit` takes it: `10M`. */
  bandwidth?: string | undefined;
  /** `PGBAK_RCLONE`. */
  program?: string | undefined;
  variables: () => Readonly<Record<string, string | undefined>>;
  attempts: number;
  /** How long nothing may move of an upload or a download before rclone is given up. */
  idleMs: number;
  clock: Clock;
}

interface AskOptions {
  signal: AbortSignal;
  timeoutMs?: number;
  /** Written to its standard input. */
  input?: Secret;
}

export interface RcloneClient extends RcloneAccount {
  /** `REMOTE:PATH/file`, for an argument of rclone. */
  at: (file: string) => string;
  command: (words: readonly string[], signal: AbortSignal) => Promise<Command>;
  /** Runs rclone to its good end and returns its output; trouble that may pass is tried again. */
  ask: (words: readonly string[], options: AskOptions) => Promise<string>;
  /** The same, line by line: a listing may be of any length. */
  lines: (words: readonly string[], signal: AbortSignal) => Promise<string[]>;
  retried: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

/** For all calls: no question to a terminal, no wait without end; repetitions are ours (https://rclone.org/docs/#options). */
const ALWAYS = [
  '--ask-password=false',
  '--retries=1',
  '--low-level-retries=3',
  '--contimeout=20s',
  '--timeout=2m',
  '--stats=0',
];

/** Starts rclone for one remote. It is looked for at the first call. */
export function openRclone(account: RcloneAccount): RcloneClient {
  const { remote, path, configFile, bandwidth, clock } = account;
  let found: Promise<string> | undefined;

  const program = async (signal: AbortSignal) => {
    found ??= findRclone({
      override: account.program,
      searchPath: account.variables()['PATH'] ?? '',
      signal,
    }).then(({ file }) => file);
    // A search that failed is tried again.
    found.catch(() => (found = undefined));
    return await found;
  };

  const command = async (words: readonly string[], signal: AbortSignal): Promise<Command> => ({
    name: 'rclone',
    file: await program(signal),
    args: [
      ...words,
      ...ALWAYS,
      ...(configFile === undefined ? [] : [`--config=${configFile}`]),
      ...(bandwidth === undefined ? [] : [`--bwlimit=${bandwidth}`]),
    ],
    env: rcloneEnvironment(account.variables()),
  });

  const retried = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    await withRetries(work, {
      attempts: () => account.attempts,
      decide: (error, repetition) =>
        error instanceof RcloneFailure && error.mayPass ? pauseMs(repetition, undefined) : undefined,
      clock,
      signal,
    });

  return {
    ...account,
    at: (file) => `${remote}:${joined(path, file)}`,
    command,
    retried,

    ask: async (words, { signal, timeoutMs = ANSWER_WITHIN_MS, input }) =>
      await retried(signal, async () => {
        using limit = limitTo(timeoutMs, signal);
        // Ended by a limit of its own it is told as trouble that may pass.
        const options = { signal: limit.signal, timeoutMs: 2 * timeoutMs, ...(input === undefined ? {} : { input }) };
        try {
          const ending = await runProgram(await command(words, limit.signal), options);
          judge(ending);
          return ending.stdout;
        } catch (error) {
          throw limit.isOver() ? givenUp(`no answer came within ${timeoutMs / 1000} seconds`) : error;
        }
      }),

    lines: async (words, signal) =>
      await retried(signal, async () => {
        using limit = limitTo(LONGEST_LISTING_MS, signal);
        const running = startProgram(await command(words, signal), { stdout: 'pipe', signal: limit.signal });
        const lines: string[] = [];
        try {
          if (running.stdout !== undefined) {
            for await (const line of createInterface({ input: running.stdout, crlfDelay: Infinity })) lines.push(line);
          }
        } finally {
          // Its ending says more than a stream that broke off.
          await running.ended;
        }
        if (signal.aborted) throw reasonOf(signal);
        judge(await running.ended);
        return lines;
      }),
  };
}

/** rclone itself gives up a connection on which nothing moved for two minutes. */
export const ANSWER_WITHIN_MS = 180_000;
/** Thousands of folders of a slow drive. */
const LONGEST_LISTING_MS = 30 * 60_000;

/** Throws for every end but a good one. */
export function judge(ending: Ending): void {
  if (ending.exitCode !== 0) throw new RcloneFailure(ending);
}

/** A folder's path with a file in it. A leading slash is the remote's own root, which is not always its start. */
export function joined(folder: string, file: string): string {
  if (folder === '' || file === '') return folder + file;
  return folder.endsWith('/') ? folder + file : `${folder}/${file}`;
}
