import { InterruptedError } from '../../core/errors.ts';

/** Whether a person sits at both ends, so that it makes sense to ask. */
export function canAsk(isJson: boolean): boolean {
  return !isJson && process.stdin.isTTY && process.stdout.isTTY;
}

/** What Inquirer throws on ctrl-c and on a signal, as what it means; its classes are not worth loading Inquirer for. */
export function closedPrompt(error: unknown): InterruptedError | undefined {
  const { name, cause } = Object(error);
  if (name === 'AbortPromptError' && cause instanceof InterruptedError) return cause;
  return name === 'ExitPromptError' ? new InterruptedError('SIGINT') : undefined;
}
