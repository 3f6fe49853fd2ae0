import { wholeIn } from '../core/whole-number.ts';
import type { FieldFacts } from './field-kinds.ts';
import { FIELDS, type FieldName } from './server.ts';

const EXAMPLE_OF_RULE = 7;

/** The number in what a user typed for a field. Throws a `ConfigError` that tells which number is wanted. */
export function numberIn(text: string, name: FieldName): number {
  return numberOf(text, FIELDS[name]);
}

interface NumberField extends FieldFacts {
  unit?: string;
  flagMinimum?: number;
  parseFlag?: (text: string) => number;
  default?: unknown;
}

/** The same for a field of any table. */
export function numberOf(
  text: string,
  { flag, unit, flagMinimum = 0, parseFlag, default: usual }: NumberField,
): number {
  if (parseFlag !== undefined) return parseFlag(text);
  return wholeIn(text, flag, {
    ...(unit === undefined ? { note: '; 0 takes the rule away' } : { unit }),
    least: flagMinimum,
    example: typeof usual === 'number' ? usual : EXAMPLE_OF_RULE,
  });
}
