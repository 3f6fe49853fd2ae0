import type { Context } from '../core/context.ts';
import { PgbakError } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';

/** What the doctor looks at. */
export interface Examination extends Omit<Context, 'catalog' | 'report'> {
  /** Undefined where it could not be opened without changing it. */
  catalog: Context['catalog'] | undefined;
  /** Those to look at. */
  servers: readonly ServerRecord[];
  catalogPath: string;
  /** pgbak's own program. */
  program: string;
  /** Store a small file for each server, and remove it. */
  isProbing: boolean;
}

/** What the doctor says of one thing. */
export interface Finding {
  /** `this machine`, `catalogue`, or the name of a server or a destination. */
  about: string;
  level: 'ok' | 'warning' | 'problem';
  message: string;
  /** The remedy. */
  hint?: string;
}

/** A finding as `doctor --json` prints it. */
export interface FindingRow {
  /** `this machine`, `catalogue`, or the name of a server or a destination. */
  about: string;
  level: 'ok' | 'warning' | 'problem';
  message: string;
  /** What to do; null where nothing is to be done. */
  hint: string | null;
}

export function findingRow({ about, level, message, hint }: Finding): FindingRow {
  return { about, level, message, hint: hint ?? null };
}

export const MACHINE = 'this machine';
export const CATALOGUE = 'catalogue';

/** Runs a check; turns an error that a user can mend into a problem, and rethrows any other, which is a bug. */
export async function finding(about: string, check: () => Promise<Omit<Finding, 'about'>>): Promise<Finding> {
  try {
    return { about, ...(await check()) };
  } catch (error) {
    return problemOf(about, error);
  }
}

/** Turns an error that a user can mend into a problem; throws any other. */
export function problemOf(about: string, error: unknown): Finding {
  if (!(error instanceof PgbakError)) throw error;
  const { message, hint } = error.about(about);
  return { about, level: 'problem', message, ...(hint === undefined ? {} : { hint }) };
}
