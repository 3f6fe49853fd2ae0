import { confirm } from '@inquirer/prompts';
import { PgbakError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { promptContext } from '../../system/interruption.ts';
import { isLive, terminalWidth } from '../output.ts';
import { wrapHanging } from '../wrap.ts';

/**
 * Tries an answer while the person who typed it is still there, and prints the result. Where it failed, asks whether to
 * go on all the same. Returns the error that is to be mended, for which the question is asked again; `inWords` puts a hint
 * about flags into the words of the prompts.
 */
export async function tryIt(
  doing: string,
  attempt: (() => Promise<string>) | undefined,
  signal: AbortSignal,
  inWords: (hint: string) => string = (hint) => hint,
): Promise<PgbakError | undefined> {
  if (attempt === undefined) return undefined;
  const { default: ora } = await import('ora');
  const spinner = ora({
    text: `${doing} ...`,
    stream: process.stdout,
    discardStdin: false,
    isEnabled: isLive(process.stdout),
  }).start();
  const width = terminalWidth(process.stdout) ?? 80;
  try {
    const text = await attempt();
    const shown = wrapHanging(printable(text), width, 2);
    if (text === '') spinner.stop();
    else spinner.succeed(shown);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PgbakError)) {
      spinner.stop();
      throw error;
    }
    const { message, hint } = error;
    spinner.fail(wrapHanging(printable(hint === undefined ? message : `${message}\n${inWords(hint)}`), width, 2));
    const goesOn = await confirm({ message: 'Keep it although it failed?', default: false }, promptContext());
    return goesOn ? undefined : error;
  }
}
