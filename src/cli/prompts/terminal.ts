/** Whether a person sits at both ends, so that it makes sense to ask. */
export function canAsk(isJson: boolean): boolean {
  return !isJson && process.stdin.isTTY && process.stdout.isTTY;
}

/** What Inquirer throws on ctrl-c; its class is not worth loading Inquirer for. */
export function isClosedPrompt(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'ExitPromptError';
}
