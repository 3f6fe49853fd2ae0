import type { Context } from '../core/context.ts';
import { ArchiveError, describeFailure } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { asRestorePoint } from '../restore/choose-point.ts';
import type { Verification, VerifyRequest } from '../restore/verify.ts';
import type { ServerRecord } from '../server/server.ts';
import { settingSecrets, type ServerSettings } from '../server/settings.ts';

/** Verifies a backup. Rejects only when interrupted. */
export type VerifyBackup = (request: Omit<VerifyRequest, 'scratch'>) => Promise<Verification>;

interface NewBackup {
  server: ServerRecord;
  settings: ServerSettings;
  verify: VerifyBackup;
  warn: (message: string) => void;
}

/** Verifies a new backup where its server asks for it. An archive that cannot be read back is no backup. */
export async function verifyNew(
  backupId: number,
  { server, settings, verify, warn }: NewBackup,
  context: Context,
): Promise<void> {
  const { verifyAfter: level, name } = server;
  const backup = level === 'none' ? undefined : await context.catalog.backups.find(backupId);
  if (level === 'none' || backup === undefined) return;
  context.report({ type: 'phase', server: name, phase: 'verifying', detail: `at level ${level}` });
  const passwords = () => ({ today: settings.archivePassword, earlier: [] });
  const request = { level, server, point: asRestorePoint(backup), passwords };
  const { verdict, message } = await verify(request)
    // A signal or a full disk under the catalogue proves nothing about a stored backup.
    .catch((error: unknown) => ({
      verdict: 'unknown',
      message: describeFailure(error, settingSecrets(settings)).message,
    }));
  if (verdict === 'good') return;
  // A backup that could not be looked at may well be good.
  if (verdict === 'unknown') {
    warn(`the backup is stored, but could not be verified at level ${level}: ${message}`);
    return;
  }
  throw new ArchiveError(
    `the backup is stored, but its verification at level ${level} failed: ${message}`,
    `It does not count as a backup. To verify it again: pgbak verify ${quoted(name)} --at ${backupId} --level ${level}`,
  );
}
