import { redact, type Secret } from '../core/secret.ts';
import type { ServerSettings } from '../server/settings.ts';
import { errorMessage, InterruptedError, machineHint, PgbakError } from '../core/errors.ts';
import { withoutPasswords } from '../core/printable.ts';

/** A failure as it is logged, stored and sent to ping URLs. */
export interface Failure {
  message: string;
  hint?: string;
  interrupted: boolean;
  /** For a bug in pgbak only: where it happened. */
  stack?: string;
}

/**
 * What to say of an error that ended a backup. Our own errors hold no secret; anything else that was thrown is a bug and
 * might, so the settings' secrets are taken out of it.
 */
export function describeFailure(error: unknown, settings: ServerSettings | undefined): Failure {
  const hide = (text: string) => withoutPasswords(redact(text, settings === undefined ? [] : secretsOf(settings)));
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

function secretsOf(settings: ServerSettings): Secret[] {
  const { connectionString, archivePassword, destination } = settings;
  return [
    connectionString,
    ...(archivePassword === undefined ? [] : [archivePassword]),
    ...(destination.kind === 'b2' ? [destination.applicationKey] : []),
  ];
}
