/** The types of a record that is made of a table of fields: `server/fields.ts`, `server/destination-fields.ts`. */
interface AnyField {
  toCell: (value: never) => string | number | null;
  inputOf: (flag: unknown) => unknown;
}
type AnyTable = Record<string, AnyField>;

export type FieldNameOf<Table> = Extract<keyof Table, string>;
type ValueIn<Table extends AnyTable, Name extends keyof Table> = Parameters<Table[Name]['toCell']>[0];
type OptionalName<Table extends AnyTable> = {
  [Name in keyof Table]: undefined extends ValueIn<Table, Name> ? Name : never;
}[keyof Table];

/** The values of all fields; those that may be undefined may be absent. */
export type RecordOf<Table extends AnyTable> = {
  [Name in Exclude<keyof Table, OptionalName<Table>>]: ValueIn<Table, Name>;
} & { [Name in OptionalName<Table>]?: ValueIn<Table, Name> };

/** The names of fields that a new record has a value for where the user gave none. */
export type DefaultedName<Table> = {
  [Name in keyof Table]: 'default' extends keyof Table[Name] ? Name : never;
}[keyof Table];

/** What a user gave, unchecked; a field that was not given is absent. An empty text clears an optional field. */
export type InputOf<Table extends AnyTable> = {
  [Name in keyof Table]?: NonNullable<ReturnType<Table[Name]['inputOf']>>;
};

type CellOf<Value> = Value extends undefined ? null : Value extends number | boolean ? number : string;
/** A cell of a row. */
export type CellIn<Table extends AnyTable, Name extends keyof Table> = CellOf<ValueIn<Table, Name>>;

/** The names in a table, in its order. */
export function namesIn<Table extends object>(table: Table): FieldNameOf<Table>[] {
  const names: FieldNameOf<Table>[] = [];
  for (const name in table) names.push(name);
  return names;
}
