import { confirm } from '@inquirer/prompts';
import { PgbakError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { promptContext } from '../../system/interruption.ts';
import { isLive, terminalWidth } from '../output.ts';
import { wrapHanging } from '../wrap.ts';

/**
 * Tries an answer while the person who typed it is still there, and prints the result. Where it failed, asks whether to
 * go on all the same. False means: ask again.
 */
export async function tryIt(
  doing: string,
  attempt: (() => Promise<string>) | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (attempt === undefined) return true;
  const { default: ora } = await import('ora');
  const spinner = ora({
    text: `${doing} ...`,
    stream: process.stdout,
    discardStdin: false,
    isEnabled: isLive(process.stdout),
  }).start();
  try {
    spinner.succeed(wrapHanging(printable(await attempt()), terminalWidth(process.stdout) ?? 80, 2));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PgbakError)) {
      spinner.stop();
      throw error;
    }
    const text = printable(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
    spinner.fail(wrapHanging(text, terminalWidth(process.stdout) ?? 80, 2));
    return await confirm({ message: 'Go on with it all the same?', default: false }, promptContext());
  }
}
