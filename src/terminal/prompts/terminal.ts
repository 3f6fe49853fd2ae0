import { InterruptedError } from '../../core/errors.ts';

/** Whether a person sits at both ends, so that it makes sense to ask. */
export function canAsk(isJson: boolean): boolean {
  return !isJson && process.stdin.isTTY && process.stdout.isTTY;
}

/**
 * Translates the errors that Inquirer throws on ctrl-c and on a signal. They are known by name, because loading
 * Inquirer for its classes is not worth the time.
 */
export function closedPrompt(error: unknown): InterruptedError | undefined {
  const { name, cause } = Object(error);
  if (name === 'AbortPromptError' && cause instanceof InterruptedError) return cause;
  return name === 'ExitPromptError' ? new InterruptedError('SIGINT') : undefined;
}
