import { PgbakError } from '../core/errors.ts';

/** What a user can mend, or undefined for what is a bug. */
export function problemOf(error: unknown): { message: string; hint?: string } | undefined {
  if (!(error instanceof PgbakError)) return undefined;
  const { message, hint } = error;
  return { message, ...(hint === undefined ? {} : { hint }) };
}
