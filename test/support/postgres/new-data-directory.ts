import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from './server-programs.ts';

/**
 * A data directory to be copied, with a superuser of this name and password. initdb takes a second of processor time
 * and the suite wants some sixty clusters of a few kinds, so each kind is made once on a machine and kept in its
 * temporary folder.
 * @param programs The directory of initdb
 * @param words Further words for initdb; the last of several wins
 */
export function newDataDirectory(
  programs: string,
  superuser: { user: string; password: string },
  words: readonly string[],
): string {
  const account = serverAccount();
  const initdb = join(programs, 'initdb');
  const usual = ['-N', '-E', 'UTF8', '--locale=C', '-A', 'scram-sha-256', '-U', superuser.user];
  const version = execFileSync(initdb, ['--version'], { ...account, encoding: 'utf8' });
  // The path itself differs where a test copies its server to where an account may read it.
  const kind = JSON.stringify([version, statSync(initdb).size, account, usual, words, superuser.password]);
  const place = join(tmpdir(), `pgbak-test-initdb-${createHash('sha256').update(kind).digest('hex').slice(0, 16)}`);
  if (existsSync(place)) return join(place, 'data');
  const making = mkdtempSync(`${place}-`);
  const passwordFile = join(making, 'password');
  writeFileSync(passwordFile, `${superuser.password}\n`);
  chmodSync(making, 0o755);
  for (const path of [making, passwordFile]) {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  }
  const args = ['-D', join(making, 'data'), `--pwfile=${passwordFile}`, ...usual, ...words];
  execFileSync(initdb, args, { ...account, stdio: 'pipe' });
  try {
    renameSync(making, place);
  } catch {
    // Another worker was first; a directory that holds something is not replaced.
    rmSync(making, { recursive: true, force: true });
  }
  return join(place, 'data');
}
