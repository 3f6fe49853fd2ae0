import { ConfigError } from '../../core/errors.ts';
import { printable, printableName, withoutPasswords } from '../../core/printable.ts';
import { Secret } from '../../core/secret.ts';
import type { Environment } from '../../server/environment.ts';
import { givenPassword } from '../../server/settings.ts';
import { promptContext } from '../../system/interruption.ts';
import { canAsk, terminalWidth } from '../output.ts';
import { wrapHanging } from '../wrap.ts';
import { ASKS, refuseToAsk } from './type-passwords.ts';

/**
 * The password that `--archive-password` gives; typed by a person where it says `-`. Throws a `ConfigError` where there is no
 * terminal to type it on.
 */
export async function passwordGiven(
  given: string | undefined,
  environment: Environment,
  isJson: boolean,
): Promise<Secret | undefined> {
  if (given === undefined) return undefined;
  if (given !== ASKS) return givenPassword(given, environment);
  refuseToAsk('archive-password', isJson);
  return await askPassword();
}

/** Lets a person type an archive password, masked. */
export async function askPassword(): Promise<Secret> {
  const problemOf = (text: string) => (text === '' ? 'a password is needed; ctrl-c ends this' : undefined);
  const { fieldPrompt } = await import('./field-prompt.ts');
  return new Secret(await fieldPrompt({ message: 'Archive password', isSecret: true, problemOf }));
}

/** Lets a person accept an archive that is not encrypted though it should be. */
export async function confirmUnencrypted(): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  return await confirm({ message: 'Was it made without an archive password?', default: false }, promptContext());
}

const NAME_TRIES = 2;

/** Makes the user type the name of the database that will be emptied. Without a terminal `--yes` is needed. */
export async function confirmReplacement(database: string, plan: readonly string[], isJson: boolean): Promise<void> {
  if (!canAsk(isJson)) {
    throw new ConfigError(
      `everything in the database "${database}" would be replaced, and there is no terminal to ask on`,
      'Say yes with --yes',
    );
  }
  showPlan(plan);
  const { input } = await import('@inquirer/prompts');
  // A name with characters that no key types is typed as it is shown.
  const shown = printableName(database);
  for (let tries = 0; tries < NAME_TRIES; tries += 1) {
    const typed = await input({ message: `To replace it, type its name (${shown})` }, promptContext());
    if ([typed, typed.trim()].some((text) => text === database || text === shown)) return;
    process.stdout.write('  That is not its name.\n');
  }
  throw new ConfigError('the name was not typed, and nothing was changed');
}

/** Shows what will be done, a paragraph a step. */
export function showPlan(plan: readonly string[]): void {
  const width = terminalWidth(process.stdout) ?? 80;
  for (const line of plan) process.stdout.write(`  ${wrapHanging(printable(withoutPasswords(line)), width, 2)}\n`);
}
