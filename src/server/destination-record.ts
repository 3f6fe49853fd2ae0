import { ConfigError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { DESTINATION_FIELDS } from './destination-fields.ts';
import type { Field } from './field-kinds.ts';
import { namesIn, type DefaultedName, type InputOf, type RecordOf } from './field-table.ts';
import type { UnreadableColumn } from './server.ts';

type Table = typeof DESTINATION_FIELDS;
export type DestinationFieldName = keyof Table;

/** A place with a name and its own settings, as a user gave them: secrets may still be references. */
export interface DestinationFields extends RecordOf<Table> {}

export type DestinationInput = InputOf<Table>;

/** Fields that were given, checked; an optional one that was cleared is there as undefined. */
export type DestinationChanges = { [Name in keyof DestinationFields]?: DestinationFields[Name] };

/** A destination as the catalogue holds it. */
export interface DestinationRecord extends DestinationFields {
  id: number;
  /** What of its row cannot be read; absent where all can. Nothing is stored there until it is given anew. */
  unreadable?: readonly UnreadableColumn[];
}

/** The table by the types of input and value alone. */
export const OF_DESTINATION: {
  [Name in DestinationFieldName]: Field<DestinationInput[Name], DestinationFields[Name]>;
} = DESTINATION_FIELDS;

export const DESTINATION_FIELD_NAMES = namesIn(DESTINATION_FIELDS);

type OfField<Result> = <Name extends DestinationFieldName>(name: Name, field: (typeof OF_DESTINATION)[Name]) => Result;

/** Visits each field, in the order of the table. */
export function forEachDestinationField(visit: OfField<void>): void {
  for (const name of DESTINATION_FIELD_NAMES) visit(name, OF_DESTINATION[name]);
}

/** An object of what `entryOf` makes of each field; `Result` must have exactly those properties, as in `perField` of a server. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function perDestinationField<Result extends object>(
  entryOf: OfField<[key: string, value: unknown] | undefined>,
): Result {
  const entries = DESTINATION_FIELD_NAMES.map((name) => entryOf(name, OF_DESTINATION[name]));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries.filter((entry) => entry !== undefined)) as Result;
}

/** What a new destination has where the user gave nothing. */
export const DESTINATION_DEFAULTS = perDestinationField<Pick<DestinationFields, DefaultedName<Table>>>((name, field) =>
  'default' in field ? [name, field.default] : undefined,
);

/** Every secret in a destination's fields, with the field that holds it. References are not resolved. */
export function secretsOfDestination(
  fields: Partial<DestinationFields>,
): { name: DestinationFieldName; value: Secret }[] {
  return DESTINATION_FIELD_NAMES.flatMap((name) => {
    const value: unknown = fields[name];
    return value instanceof Secret ? [{ name, value }] : [];
  });
}

/** The error where the whole record is needed; undefined where it can be read. */
export function unreadableDestination({ name, unreadable = [] }: DestinationRecord): ConfigError | undefined {
  if (unreadable.length === 0) return undefined;
  const columns = unreadable.map(({ column, problem }) => `${column} ${problem}`);
  const flags = unreadable.flatMap(({ column }) => {
    const field = DESTINATION_FIELD_NAMES.find((one) => OF_DESTINATION[one].column === column);
    return field === undefined ? [] : [`--${OF_DESTINATION[field].flag} ...`];
  });
  return new ConfigError(
    `the record of the destination ${name} in the catalogue cannot be read: ${columns.join('; ')}`,
    `Give it anew: ${['pgbak destination edit', name, ...flags].join(' ')}`,
  );
}
