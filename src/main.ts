import { setMaxListeners } from 'node:events';
import { run } from '@oclif/core/run';
import { commandWords } from './terminal/aliases.ts';
import { guardOutput, showStacks } from './terminal/output.ts';
import { guardHangup } from './system/interruption.ts';

/** What bin/run.js starts once it knows that this Node will do; bundled with oclif itself. */
export async function main(
  directory: string,
  { isDebugging, isHungUp }: { isDebugging: boolean; isHungUp: () => boolean },
): Promise<void> {
  // One signal ends all parts of a run. Node takes more than ten for a leak, and would warn of it in the user's log.
  setMaxListeners(1000);
  guardOutput();
  guardHangup(isHungUp());
  if (isDebugging) showStacks();
  const words = commandWords(process.argv.slice(2));
  try {
    await run(words, directory);
  } catch (error) {
    // Commands report their own failures; what is left is a command that does not exist, and the end of a help text.
    const exit: unknown = Object(Object(error).oclif).exit;
    if (exit === undefined) throw error;
    if (exit !== 0) {
      const { tellUnknownCommand } = await import('./terminal/unknown-command.ts');
      tellUnknownCommand(error, words, directory);
    }
    process.exitCode = Number(exit);
  }
}
