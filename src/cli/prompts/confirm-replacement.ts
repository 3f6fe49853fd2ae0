import { ConfigError } from '../../errors.ts';
import { canAsk } from './terminal.ts';

/** Has a person type the name of the database that is about to be emptied. Without a terminal `--yes` has to say it. */
export async function confirmReplacement(database: string, plan: readonly string[], isJson: boolean): Promise<void> {
  if (!canAsk(isJson)) {
    throw new ConfigError(
      `everything in the database "${database}" would be replaced, and nobody can be asked here`,
      'Say it with --yes',
    );
  }
  process.stdout.write(`${plan.map((line) => `  ${line}`).join('\n')}\n`);
  const { input } = await import('@inquirer/prompts');
  const typed = await input({ message: `Type the name of the database to replace what is in it (${database})` });
  if (typed.trim() !== database) throw new ConfigError('that is not its name, and nothing was changed');
}
