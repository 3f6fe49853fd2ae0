import { ConfigError } from '../../core/errors.ts';
import { printable, printableName, withoutPasswords } from '../../core/printable.ts';
import { Secret } from '../../core/secret.ts';
import type { Environment } from '../../server/environment.ts';
import type { ServerRecord } from '../../server/server.ts';
import { archivePasswordOf, givenPassword } from '../../server/settings.ts';
import { promptContext } from '../../system/interruption.ts';
import { canAsk } from '../output.ts';

/**
 * Returns the password to open an archive with: the given one, the server's present one, or one that a person types
 * where `-` was given. Throws a `ConfigError` without a terminal.
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

/** Makes the user type the name of the database that will be emptied. Without a terminal `--yes` is needed. */
export async function confirmReplacement(database: string, plan: readonly string[], isJson: boolean): Promise<void> {
  if (!canAsk(isJson)) {
    throw new ConfigError(
      `everything in the database "${database}" would be replaced, and there is no terminal to ask on`,
      'Say yes with --yes',
    );
  }
  for (const line of plan) process.stdout.write(`  ${printable(withoutPasswords(line))}\n`);
  const { input } = await import('@inquirer/prompts');
  // A name with characters that no key types is typed as it is shown.
  const shown = printableName(database);
  const typed = await input(
    { message: `Type the name of the database to replace what is in it (${shown})` },
    promptContext(),
  );
  if (![typed, typed.trim()].some((text) => text === database || text === shown))
    throw new ConfigError('that is not its name, and nothing was changed');
}
