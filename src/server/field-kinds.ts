import * as v from 'valibot';
import {
  CellProblem,
  choiceCell,
  filledTextCell,
  madeCell,
  optionalCell,
  switchCell,
  textCell,
  wholeCell,
  type CellRule,
} from '../core/row-cells.ts';
import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import { wantedNumber } from '../core/format.ts';

/** The facts that fields of all kinds have. */
export interface FieldFacts {
  /** The flag of `add` and `edit`, without its dashes. */
  flag: string;
  help: string;
  /** What stands behind it where the field is a flag. */
  helpNote?: string;
  helpValue?: string;
  helpGroup?: string;
  /** The column of `servers`, where it is not the flag with underscores. */
  column?: string;
  /** Shown as asterisks while it is typed. */
  isMasked?: boolean;
  /** The environment variable that applies where a record has no value. */
  variable?: string;
  /** What pgbak tries a change with before it is stored. */
  triedAt?: 'database' | 'storage' | 'programs';
}

/** A field of a server: `Input` is what a user gives, `Value` what a record holds. */
export interface Field<Input, Value> extends FieldFacts {
  kind: 'text' | 'whole' | 'choice' | 'switch' | 'list';
  column: string;
  /** A new server's value where the user gave none. */
  default?: Value;
  choices?: readonly string[];
  /** What a number counts, and the least that the flag takes; the rule may ask for more. */
  unit?: string;
  flagMinimum?: number;
  /** Reads the flag's text where it may be more than digits. */
  parseFlag?: (text: string) => number;
  /** The input in a flag's value; undefined where the flag was not given. */
  inputOf: (flag: unknown) => Input | undefined;
  /** From input to value. Each message is for the user; `expected` may hold a hint. */
  rule: v.GenericSchema<unknown, Value>;
  readCell: CellRule<Value>;
  toCell: (value: Value) => string | number | null;
  /** A value must not be seen, unless it is a reference. */
  isSecret?: boolean;
  /** The cell as everybody may see it: only references to secrets are left. Absent where a value holds no secret. */
  publicCell?: (cell: unknown) => string | null;
}

/** Applies a rule to input. Throws a `ConfigError` with the message and the hint of the rule. */
export function valueOf<Value>(rule: v.GenericSchema<unknown, Value>, input: unknown): Value | ConfigError {
  const { success, output, issues } = v.safeParse(rule, input, { abortEarly: true });
  if (success) return output;
  const [{ type, message, expected }] = issues;
  // The checks of valibot itself name a type in `expected`.
  return new ConfigError(message, type === 'raw_transform' ? (expected ?? undefined) : undefined);
}

/** A parser as a step of a rule: the message and the hint of its `PgbakError` become an issue. */
export function parsedBy<Input, Value>(parse: (input: Input) => Value) {
  return v.rawTransform<Input, Value>(({ dataset, addIssue, NEVER }) => {
    const value = attempt(() => parse(dataset.value));
    if (!(value instanceof PgbakError)) return value;
    addIssue({ message: value.message, expected: value.hint });
    return NEVER;
  });
}

/** An input of that type, found in a flag's value. */
export function inputAs<Input>(type: v.GenericSchema<Input>) {
  return { inputOf: (flag: unknown): Input | undefined => (v.is(type, flag) ? flag : undefined) };
}

type Underscored<Flag extends string> = Flag extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Flag;
type ColumnOf<Facts extends FieldFacts> = Facts extends { column: infer Column extends string }
  ? Column
  : Underscored<Facts['flag']>;

/** Facts with their column. TypeScript cannot follow `replaceAll` in a literal type, which names the column in queries. */
export function withColumn<Facts extends FieldFacts>(facts: Facts) {
  const column = facts.column ?? facts.flag.replaceAll('-', '_');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...facts, column: column as ColumnOf<Facts> };
}

export const TEXT = { kind: 'text', ...inputAs(v.string()) } as const;

/** A text that every server has. */
export function text<const Facts extends FieldFacts & { default?: string }>(
  facts: Facts,
  parse: (given: string) => string,
) {
  const rule = v.pipe(v.string(), parsedBy(parse));
  return { ...withColumn(facts), ...TEXT, rule, readCell: filledTextCell, toCell: (value: string) => value };
}

export function clearedOr<Value>(parse: (given: string) => Value) {
  return (input: string) => (input === '' ? undefined : parse(input));
}

/** Keeps the text that a parser accepts. */
export function keptWhere(parse: (given: string) => unknown) {
  return (given: string) => {
    parse(given);
    return given;
  };
}

/** A text that an empty input clears. */
export function optionalText<const Facts extends FieldFacts>(facts: Facts, parse: (given: string) => string) {
  return {
    ...withColumn(facts),
    ...TEXT,
    default: undefined,
    rule: v.pipe(v.string(), parsedBy(clearedOr(parse))),
    readCell: optionalCell(
      madeCell(textCell, (cell) => {
        const value = attempt(() => parse(cell));
        return value instanceof PgbakError ? new CellProblem(`cannot be meant: ${value.message}`) : value;
      }),
    ),
    toCell: (value: string | undefined) => value ?? null,
  };
}

const WHOLE = { kind: 'whole', ...inputAs(v.number()) } as const;

/** A whole number that every server has; `what` and `unit` name it in messages: `frequency`, `hours`. */
export function whole<const Facts extends FieldFacts>(
  facts: Facts,
  {
    what,
    unit,
    least,
    ...rest
  }: { what: string; unit: string; least: number; default: number; parseFlag?: (text: string) => number },
) {
  const message = ({ input }: { input: number }) =>
    `the ${what} is ${input}; it must be ${wantedNumber({ unit, least, example: rest.default })}`;
  return {
    ...withColumn(facts),
    ...WHOLE,
    ...rest,
    unit,
    flagMinimum: least,
    rule: v.pipe(v.number(), v.safeInteger(message), v.minValue(least, message)),
    readCell: wholeCell(least),
    toCell: (value: number) => value,
  };
}

/** The number of backups that a rule keeps; 0 removes the rule. */
export function optionalCount<const Facts extends FieldFacts>(facts: Facts, most = Number.MAX_SAFE_INTEGER) {
  const flag = `--${facts.flag}`;
  const parse = (count: number) => {
    if (Number.isSafeInteger(count) && count >= 0 && count <= most) return count === 0 ? undefined : count;
    if (count > most) throw new ConfigError(`${flag} is ${count}; it can be ${most} at most`);
    throw new ConfigError(
      `${flag} is ${count}; it must be a whole number, such as 7`,
      `To take the rule away: ${flag} 0`,
    );
  };
  return {
    ...withColumn(facts),
    ...WHOLE,
    flagMinimum: 0,
    default: undefined,
    rule: v.pipe(v.number(), parsedBy(parse)),
    readCell: optionalCell(wholeCell(1)),
    toCell: (value: number | undefined) => value ?? null,
  };
}

/** One of a few words; the first is the default. */
export function choice<const Facts extends FieldFacts, Value extends string>(
  facts: Facts,
  choices: readonly [Value, ...Value[]],
) {
  const rule = v.picklist(choices);
  return {
    ...withColumn(facts),
    ...inputAs(rule),
    kind: 'choice' as const,
    choices,
    default: choices[0],
    rule,
    readCell: choiceCell(choices),
    toCell: (value: Value) => value,
  };
}

/** Yes or no; no is the default. A negated one is yes where its flag says no. */
export function yesOrNo<const Facts extends FieldFacts>(facts: Facts, { isNegated = false } = {}) {
  const isDefault: boolean = false;
  return {
    ...withColumn(facts),
    kind: 'switch' as const,
    inputOf: (flag: unknown) => (typeof flag === 'boolean' ? flag !== isNegated : undefined),
    default: isDefault,
    rule: v.boolean(),
    readCell: switchCell,
    toCell: (value: boolean) => Number(value),
  };
}
