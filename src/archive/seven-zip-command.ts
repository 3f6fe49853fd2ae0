import type { Secret } from '../core/secret.ts';
import type { Command } from '../system/programs.ts';
import type { SevenZip } from './seven-zip.ts';

/** What 7-Zip gets to see of the environment. */
export type SevenZipEnvironment = Readonly<Record<string, string>>;

/** An archive file, and the 7-Zip that writes or reads it. */
export interface SevenZipArchive {
  sevenZip: SevenZip;
  environment: SevenZipEnvironment;
  archivePath: string;
  /** AES-256 over content and headers. */
  password?: Secret;
  signal: AbortSignal;
}

/**
 * A 7-Zip command. `-scc` fixes the character set in which 7-Zip reads its console, and so the password, under any
 * locale that cron or systemd set (7-Zip manual, "-scc switch"). The password goes to the prompt on standard input,
 * never here.
 */
export function sevenZipCommand(
  { sevenZip, environment, password }: SevenZipArchive,
  [verb, ...args]: readonly [string, ...string[]],
): Command {
  return {
    name: '7-Zip',
    file: sevenZip.file,
    args: [verb, '-sccUTF-8', ...args],
    env: environment,
    secrets: password === undefined ? [] : [password],
  };
}
