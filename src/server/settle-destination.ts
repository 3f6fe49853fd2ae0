import { knownPlaceOf, parseDestination } from './destination.ts';
import type { ServerFields } from './server.ts';
import { ConfigError, PgbakError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { promptContext } from '../system/interruption.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { memoryOf } from './storage-at.ts';

export interface Settling {
  /** `--create-destination` was given. */
  isAllowed: boolean;
  /** Whether a person can be asked. */
  isAsking: boolean;
}

/**
 * Sees to it that the directory that a server's archives go to is there. One that is missing, or is not the one that
 * backups were stored in, is made or accepted only when somebody says so: most likely a disk is not mounted. Returns a
 * sentence where something was done.
 */
export async function settleDestination(
  server: Pick<ServerFields, 'destination' | 'b2Bucket'>,
  { catalog, environment }: Workplace,
  { isAllowed, isAsking }: Settling,
): Promise<string | undefined> {
  const place = knownPlaceOf(server, environment);
  const destination = place?.startsWith('file:') === true ? parseDestination(place) : undefined;
  if (destination?.kind !== 'directory') return undefined;
  const { path } = destination;
  const { acceptDestination, checkDestination } = await import('../storage/directory/mark.ts');
  const memory = memoryOf(path, catalog);
  try {
    await checkDestination(path, memory, false);
    return undefined;
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    if (!isAllowed && !(isAsking && (await isWanted(error.message)))) {
      throw new ConfigError(
        error.message,
        'Mount its disk; or, to create it or take it as it is: --create-destination',
      );
    }
    await acceptDestination(path, memory);
    return `Created ${path}, or took it as it is`;
  }
}

async function isWanted(problem: string): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  return await confirm(
    { message: printable(`${problem}. Create it, or take it as it is?`), default: false },
    promptContext(),
  );
}
