import { ConfigError, type PgbakError } from '../core/errors.ts';

/** One error that tells all of several problems, and each hint once. */
export function allOf(problems: readonly PgbakError[]): ConfigError {
  const hints = [...new Set(problems.flatMap((problem) => problem.hint ?? []))];
  return new ConfigError(problems.map((problem) => problem.message).join('; '), hints.join(' ') || undefined);
}
