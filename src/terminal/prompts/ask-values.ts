import { FIELDS, type FieldName, type ServerFields, type ServerInput } from '../../server/server.ts';
import { askField } from './ask-fields.ts';
import { valueOf } from '../../server/field-kinds.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Asking } from './asking.ts';
import { wantedNumber } from '../../core/format.ts';

type NameOf<Value> = { [Name in FieldName]: ServerFields[Name] extends Value ? Name : never }[FieldName];
type WholeName = NameOf<number | undefined>;
export type ListName =
  'excludeTables' | 'excludeTableData' | 'excludeSchemas' | 'includeDatabases' | 'excludeDatabases';

const EXAMPLE_OF_RULE = 7;

/** Asks for a whole number; the rule of the field judges it. Of a rule of retention, 0 stands for none. */
export async function askWhole(name: WholeName, answers: ServerInput, { fieldsOf }: Asking): Promise<void> {
  const { unit, flagMinimum: least = 0, default: usual } = FIELDS[name];
  const example = typeof usual === 'number' ? usual : EXAMPLE_OF_RULE;
  const wanted = wantedNumber({ ...(unit === undefined ? {} : { unit }), least, example });
  const problemOf = (text: string) => {
    if (!/^\d{1,12}$/.test(text.trim())) return `this must be ${wanted}`;
    const value = valueOf<unknown>(FIELDS[name].rule, Number(text));
    return value instanceof ConfigError ? value.message : undefined;
  };
  const text = await askField(name, { prefill: String(fieldsOf(answers)[name] ?? 0), problemOf });
  answers[name] = Number(text);
}

/** Asks for patterns with commas between them. A comma in double quotes is part of a name. */
export async function askList(name: ListName, answers: ServerInput, { fieldsOf }: Asking): Promise<void> {
  const text = await askField(name, {
    prefill: fieldsOf(answers)[name].join(', '),
    emptyMeans: 'none',
    problemOf: () => undefined,
  });
  answers[name] = (text.match(/(?:"[^"]*"?|[^,"])+/g) ?? []).map((one) => one.trim()).filter((one) => one !== '');
}
