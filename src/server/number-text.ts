import { wholeIn } from '../core/whole-number.ts';
import { FIELDS, type FieldName } from './server.ts';

const EXAMPLE_OF_RULE = 7;

/** The number in what a user typed for a field. Throws a `ConfigError` that tells which number is wanted. */
export function numberIn(text: string, name: FieldName): number {
  const { flag, unit, flagMinimum = 0, parseFlag, default: usual } = FIELDS[name];
  if (parseFlag !== undefined) return parseFlag(text);
  return wholeIn(text, flag, {
    ...(unit === undefined ? { note: '; 0 takes the rule away' } : { unit }),
    least: flagMinimum,
    example: typeof usual === 'number' ? usual : EXAMPLE_OF_RULE,
  });
}
