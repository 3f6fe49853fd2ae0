import { PgbakError } from '../core/errors.ts';

/** What the doctor says of one thing. */
export interface Finding {
  /** `this machine`, `catalogue`, or a server's name. */
  about: string;
  level: 'ok' | 'warning' | 'problem';
  message: string;
  /** What to do about it. */
  hint?: string;
}

export const MACHINE = 'this machine';

/** Runs a check and turns an error that a user can mend into a problem; anything else is a bug and goes on. */
export async function finding(about: string, check: () => Promise<Omit<Finding, 'about'>>): Promise<Finding> {
  try {
    return { about, ...(await check()) };
  } catch (error) {
    return problemOf(about, error);
  }
}

/** An error that a user can mend, as a problem; throws any other. */
export function problemOf(about: string, error: unknown): Finding {
  if (!(error instanceof PgbakError)) throw error;
  const { message, hint } = error;
  return { about, level: 'problem', message, ...(hint === undefined ? {} : { hint }) };
}
