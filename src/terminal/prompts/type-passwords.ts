import { ConfigError } from '../../core/errors.ts';
import type { ServerInput } from '../../server/server.ts';
import { canAsk } from '../output.ts';

/** Given as a password, it asks for one. It is no password itself. */
export const ASKS = '-';

/** Throws a `ConfigError` where a flag asks for a password and there is no terminal. */
export function refuseToAsk(flag: string, isJson: boolean): void {
  if (canAsk(isJson)) return;
  throw new ConfigError(
    `--${flag} ${ASKS} asks for it, and there is no terminal`,
    `Give it as --${flag} env:NAME or --${flag} file:/path`,
  );
}

/** Lets a person type the archive passwords for which flags say `-`: a new one twice, an earlier one once. */
export async function typedPasswords(given: ServerInput, isJson: boolean): Promise<ServerInput> {
  const { archivePassword, earlierArchivePasswords = [] } = given;
  const input = { ...given };
  if (archivePassword === ASKS) {
    refuseToAsk('archive-password', isJson);
    const { askTwice } = await import('./ask-password.ts');
    input.archivePassword = await askTwice();
  }
  if (earlierArchivePasswords.includes(ASKS)) {
    refuseToAsk('earlier-archive-password', isJson);
    const { askEarlierPassword } = await import('./ask-password.ts');
    const typed: string[] = [];
    for (const one of earlierArchivePasswords) typed.push(one === ASKS ? await askEarlierPassword() : one);
    input.earlierArchivePasswords = typed;
  }
  return input;
}
