import type { Secret } from '../config/secret.ts';
import { ArchiveError, PasswordError, type PgbakError } from '../errors.ts';
import { sevenZipComplaint } from './seven-zip-command.ts';

/**
 * Why 7-Zip could not read an archive, by what it wrote to stderr: no password for an encrypted one, whose prompt then met
 * the end of its input; another password than it was made with; or the archive itself. `what` begins the sentence.
 */
export function unreadableArchive(what: string, stderrTail: string, password: Secret | undefined): PgbakError {
  const words = sevenZipComplaint(stderrTail);
  if (password === undefined && /break signaled|encrypted/i.test(words)) {
    return new PasswordError('the archive is encrypted, and no password was given', GIVE_IT);
  }
  if (/wrong password/i.test(words)) {
    return new PasswordError(`the archive does not open with this archive password: ${words}`, GIVE_IT);
  }
  return new ArchiveError(`${what}: ${words}`);
}

const GIVE_IT = 'Give the password it was made with: --archive-password';
