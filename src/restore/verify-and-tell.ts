import type { Catalog } from '../catalog/open-catalog.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Level } from '../core/backup-record.ts';
import type { Clock } from '../system/clock.ts';
import type { RestorePoint } from './choose-point.ts';
import { verify, type Verification, type VerifyTools } from './verify.ts';

export interface VerifyAndTellTools extends VerifyTools {
  catalog: Pick<Catalog, 'verifications'>;
  clock: Clock;
  /** Tells the server's verify URL, where it has one; resolves with a warning when that could not be done. */
  pingVerified: (server: ServerRecord, isGood: boolean, body: string) => Promise<string | undefined>;
  warn: (message: string) => void;
}

/** Checks one restore point, remembers the result, and tells the health check of it. Rejects only when interrupted. */
export async function verifyAndTell(
  level: Level,
  server: ServerRecord,
  point: RestorePoint,
  password: () => Secret | undefined,
  tools: VerifyAndTellTools,
): Promise<Verification> {
  const verification = await verify(level, server, point, password, tools);
  const { verdict, isGood, message, backupId } = verification;
  // What could not be looked at leaves what is known of it as it was.
  if (verdict !== 'unknown') {
    await tools.catalog.verifications.record({ backupId, level, isGood, message, verifiedAt: tools.clock.now() });
  }
  const words = `backup ${backupId} of ${server.name} at level ${level}: ${verdict}\n${message}`;
  const warning = await tools.pingVerified(server, isGood, words);
  if (warning !== undefined) tools.warn(warning);
  return verification;
}
