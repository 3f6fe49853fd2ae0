import type { Secret } from '../core/secret.ts';
import type { Command } from '../system/programs.ts';
import type { SevenZip } from './seven-zip.ts';

/** What 7-Zip gets to see of the environment. */
export type SevenZipEnvironment = Readonly<Record<string, string>>;

/**
 * A 7-Zip command. `-scc` fixes the character set in which it reads its console, and so the password, in any
 * locale that cron or systemd left (7-Zip manual, "-scc switch"). The password itself is no part of it: it goes to the
 * prompt on standard input.
 */
export function sevenZipCommand(
  sevenZip: SevenZip,
  environment: SevenZipEnvironment,
  [verb, ...args]: readonly [string, ...string[]],
  password: Secret | undefined,
): Command {
  return {
    name: '7-Zip',
    file: sevenZip.file,
    args: [verb, '-sccUTF-8', ...args],
    env: environment,
    secrets: password === undefined ? [] : [password],
  };
}

const PROGRESS = /^\s*\d+[KMGT]?\b.*$|^[\s\d%+-]*$/;

/** 7-Zip's own words out of its stderr, without the progress display, as one line. */
export function sevenZipComplaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const words = lines.filter((line) => line !== '' && !PROGRESS.test(line));
  return [...new Set(words)].join(' ').replaceAll(/\s+/g, ' ') || 'it gave no reason';
}
