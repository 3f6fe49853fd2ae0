import { ConfigError } from '../core/errors.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Refuses a flag or an argument that was given as an empty text: mostly a variable that is not set, `"$PASSWORD"`, and
 * what would then be left out (a password, a place, a table of a restore) nobody meant to leave out.
 */
export function refuseEmptyValues({ flags, args }: { flags: Values; args: Values }): void {
  const [flag] = emptyIn(flags);
  if (flag !== undefined) {
    const isPassword = flag === 'archive-password';
    throw new ConfigError(
      `--${flag} is empty`,
      `A variable may not be set. Give it a value, or leave the flag out${isPassword ? ' where no other password is meant' : ''}.`,
    );
  }
  const [argument] = emptyIn(args);
  if (argument !== undefined) {
    throw new ConfigError(`the argument ${argument.toUpperCase()} is empty`, 'A variable may not be set.');
  }
}

function emptyIn(values: Values): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    return texts.some((text) => typeof text === 'string' && text.trim() === '') ? [name] : [];
  });
}
