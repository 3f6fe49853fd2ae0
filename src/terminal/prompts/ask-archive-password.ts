import { ConfigError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { archivePasswordOf, givenPassword } from '../../server/settings.ts';
import type { Environment } from '../../server/environment.ts';
import type { ServerRecord } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { canAsk } from './terminal.ts';

/**
 * The password to open an archive with: the one that was given, today's of the server, or one that a person types where
 * `-` was given. Throws a `ConfigError` without a terminal.
 */
export async function passwordFor(
  server: ServerRecord,
  given: string | undefined,
  environment: Environment,
  isJson: boolean,
): Promise<Secret | undefined> {
  if (given === undefined) return archivePasswordOf(server, environment);
  if (given !== '-') return givenPassword(given, environment);
  if (!canAsk(isJson)) throw new ConfigError('there is no terminal to ask for the archive password on');
  const { password } = await import('@inquirer/prompts');
  const typed = await password({ message: 'Archive password', mask: true }, promptContext());
  if (typed === '')
    throw new ConfigError('no archive password was typed', 'Without one: leave --archive-password out.');
  return new Secret(typed);
}
