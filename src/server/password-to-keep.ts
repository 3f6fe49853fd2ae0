import type { Environment } from './environment.ts';
import type { ServerInput, ServerRecord } from './server.ts';
import { encryptionSource, ENVIRONMENT_PASSWORD } from './settings.ts';

/** What a person is told who typed a new archive password. */
export const KEEP_IT_ELSEWHERE = 'Keep this password outside this machine too: without it no backup can be opened.';

interface Replacing {
  /** The server that is edited. */
  today: ServerRecord | undefined;
  /** How many backups of it are stored. */
  storedCount: number;
  environment: Environment;
}

/** Whether the present archive password opens backups that are stored, so that it is worth keeping. */
export function opensBackups({ today, storedCount, environment }: Replacing): boolean {
  return today !== undefined && storedCount > 0 && encryptionSource(today, environment) !== 'none';
}

/**
 * The earlier archive passwords where the present one, which another replaces, joins them; undefined where none is replaced,
 * or it is not worth keeping, or it is kept already.
 */
export function keepingPresent(answers: ServerInput, replacing: Replacing): string[] | undefined {
  const { today } = replacing;
  if (today === undefined || !opensBackups(replacing)) return undefined;
  const present = today.archivePassword?.reveal() ?? ENVIRONMENT_PASSWORD;
  if (answers.archivePassword === undefined || answers.archivePassword === present) return undefined;
  const kept = answers.earlierArchivePasswords ?? today.earlierArchivePasswords.map((one) => one.reveal());
  return kept.includes(present) ? undefined : [present, ...kept];
}
