import { ArchiveError, PasswordError, ProgramError, type PgbakError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Ending } from '../system/programs.ts';

/** Why a 7-Zip that wrote an archive failed; undefined when it succeeded. */
export function writeFailure({ exitCode, signal, stderrTail, rawStderr }: Ending): PgbakError | undefined {
  if (exitCode === 0) return undefined;
  if (/No space left on device|not enough space|disk quota exceeded/i.test(rawStderr.reveal())) {
    return new ProgramError(
      'the temporary directory is full: there is no room for the archive',
      'Free some space there (PGBAK_TMPDIR, else TMPDIR or /tmp), or set PGBAK_TMPDIR to a directory on a larger file system.',
    );
  }
  if (signal !== undefined) {
    return new ProgramError(`7-Zip was killed by ${signal}`, signal === 'SIGKILL' ? SHORT_OF_MEMORY : undefined);
  }
  // 1 is a warning, for which `a -si` has no harmless cause (7-Zip manual, "Exit Codes from 7-Zip").
  return new ProgramError(`7-Zip failed with exit code ${exitCode}: ${complaintIn(stderrTail)}`);
}

/**
 * Why a 7-Zip could not read an archive: the password is missing or wrong, or the archive is damaged. A 7-Zip that was
 * killed proves nothing about the archive. `what` begins the message.
 */
export function readFailure(
  what: string,
  { stderrTail, rawStderr, signal }: Pick<Ending, 'stderrTail' | 'rawStderr' | 'signal'>,
  password: Secret | undefined,
): PgbakError {
  if (wasKilled({ signal })) {
    const message = `${what}: 7-Zip was killed by ${signal}`;
    return new ProgramError(message, `Try again. ${SHORT_OF_MEMORY}`);
  }
  // A wrong password may be among these words: it must not keep the cause from being recognized.
  const words = complaintIn(rawStderr.reveal());
  // Without a password the prompt meets the end of its input.
  if (password === undefined && /break signaled|encrypted/i.test(words)) {
    return new PasswordError('the archive is encrypted and no archive password is set', GIVE_PASSWORD);
  }
  if (/wrong password/i.test(words)) {
    return new PasswordError('the archive does not open with this archive password', GIVE_PASSWORD);
  }
  return new ArchiveError(`${what}: ${complaintIn(stderrTail)}`);
}

/** Killed from outside: a damaged archive can crash a program, but does not send these signals. */
export function wasKilled({ signal }: Pick<Ending, 'signal'>): boolean {
  return signal === 'SIGKILL' || signal === 'SIGTERM';
}

const SHORT_OF_MEMORY = 'Perhaps this machine had too little memory: see the log of the kernel (dmesg).';
const GIVE_PASSWORD = 'Give the password it was made with: --archive-password -';

const PROGRESS = /^\s*\d+[KMGT]?\b.*$|^[\s\d%+-]*$/;

/** What 7-Zip complains of on stderr, without its progress display, as one line. */
function complaintIn(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const words = lines.filter((line) => line !== '' && !PROGRESS.test(line));
  return [...new Set(words)].join(' ').replaceAll(/\s+/g, ' ') || 'it gave no reason';
}
