import { errorMessage, InterruptedError, machineHint, PgbakError } from './errors.ts';
import { withoutPasswords } from './printable.ts';
import { redact, type Secret } from './secret.ts';

/** A failure as it is logged, stored and sent to ping URLs. */
export interface Failure {
  message: string;
  hint?: string;
  interrupted: boolean;
  /** For a bug in pgbak only: where it happened. */
  stack?: string;
}

/**
 * Puts an error into words. Our own errors hold no secret; any other error is a bug and might, so `secrets` are taken out
 * of it.
 */
export function describeFailure(error: unknown, secrets: readonly Secret[] = []): Failure {
  const hide = (text: string) => withoutPasswords(redact(text, secrets));
  if (error instanceof PgbakError) {
    return {
      message: hide(error.message),
      ...(error.hint === undefined ? {} : { hint: hide(error.hint) }),
      interrupted: error instanceof InterruptedError,
    };
  }
  const hint = machineHint(error);
  if (hint !== undefined) return { message: hide(errorMessage(error)), hint, interrupted: false };
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : undefined;
  return {
    message: hide(`unexpected error: ${errorMessage(error)}`),
    hint: 'This is a fault in pgbak. Run again with DEBUG=pgbak* and report what it prints.',
    interrupted: false,
    ...(stack === undefined ? {} : { stack: hide(stack) }),
  };
}

/** Message and hint as one text. */
export function failureText({ message, hint }: Pick<Failure, 'message' | 'hint'>): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}
