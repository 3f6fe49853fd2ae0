import type { Context } from '../core/context.ts';
import { quoted } from '../core/printable.ts';
import { configuredName } from '../server/cluster-part.ts';
import type { ServerRecord } from '../server/server.ts';
import { encryptionSource } from '../server/settings.ts';

type Server = Pick<ServerRecord, 'id' | 'name' | 'partOf' | 'archivePassword' | 'earlierArchivePasswords'>;

/**
 * Warns that the next backup would not be encrypted by accident: earlier ones are, and the server knows no password at all. So it
 * is after a rebuild, as the storage holds no passwords. Someone who keeps the old password as an earlier one wants it so.
 */
export async function lapsedEncryption(
  server: Server,
  { catalog, environment }: Pick<Context, 'catalog' | 'environment'>,
): Promise<{ message: string; hint: string } | undefined> {
  if (encryptionSource(server, environment) !== 'none' || server.earlierArchivePasswords.length > 0) return undefined;
  const count = await catalog.backups.countSigned(server.id);
  if (count === 0) return undefined;
  const edit = `pgbak edit ${quoted(configuredName(server))}`;
  const earlier = count === 1 ? '1 earlier backup is' : `${count} earlier backups are`;
  return {
    message: `new backups are NOT encrypted, as no archive password is set; ${earlier} encrypted`,
    hint: `To encrypt new ones: ${edit} --archive-password file:/path\nIf they are not to be encrypted, keep the old password for the earlier ones: ${edit} --earlier-archive-password file:/path`,
  };
}
