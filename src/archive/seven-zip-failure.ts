import type { Secret } from '../core/secret.ts';
import { ArchiveError, PasswordError, ProgramError, type PgbakError } from '../core/errors.ts';
import type { Ending } from '../system/programs.ts';
import { sevenZipComplaint } from './seven-zip-command.ts';

/**
 * Why 7-Zip could not read an archive, by what it wrote to stderr: no password for an encrypted one, whose prompt then met
 * the end of its input; another password than it was made with; or the archive itself. A program that somebody ended, the
 * kernel for want of memory perhaps, has proved nothing of the archive. `what` begins the sentence.
 */
export function unreadableArchive(
  what: string,
  { stderrTail, signal }: Pick<Ending, 'stderrTail' | 'signal'>,
  password: Secret | undefined,
): PgbakError {
  if (wasEnded({ signal })) return new ProgramError(`${what}: the program that reads it was ended by ${signal}`, AGAIN);
  const words = sevenZipComplaint(stderrTail);
  if (password === undefined && /break signaled|encrypted/i.test(words)) {
    return new PasswordError('the archive is encrypted, and no password was given', GIVE_IT);
  }
  if (/wrong password/i.test(words)) {
    return new PasswordError(`the archive does not open with this archive password: ${words}`, GIVE_IT);
  }
  return new ArchiveError(`${what}: ${words}`);
}

/** By somebody else: a damaged archive may make a program crash, and does not send these. */
export function wasEnded({ signal }: Pick<Ending, 'signal'>): boolean {
  return signal === 'SIGKILL' || signal === 'SIGTERM';
}

const AGAIN = 'Try again. The kernel may have been short of memory; look at its log (dmesg).';
const GIVE_IT = 'Give the password it was made with: --archive-password';
