import { attempt, PgbakError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { parseConnection } from '../postgres/connection.ts';
import type { Environment } from './environment.ts';
import { isReference } from './reference.ts';
import { FIELD_WORDS } from './field-words.ts';
import { FIELD_NAMES, FIELDS, type FieldName, type ServerFields } from './server.ts';

type Value = string | number | boolean | readonly string[] | null;

/** One setting that an edit changed. Of a secret only what happened to it. */
export interface SettingChange {
  /** The flag of the setting, without its dashes. */
  name: string;
  change: 'set' | 'changed' | 'removed';
  /** Null for a secret, and for a setting that was not set. */
  from: Value;
  /** Null for a secret, and for a setting that is not set any more. */
  to: Value;
}

/** The fields that differ, in the order of the table. */
export function changedFields(today: ServerFields, fields: ServerFields): FieldName[] {
  return FIELD_NAMES.filter((name) => cellOf(name, today) !== cellOf(name, fields));
}

/** What an edit changed, for programs. */
export function changesOf(today: ServerFields, fields: ServerFields): SettingChange[] {
  return changedFields(today, fields).map((name) => ({
    name: FIELDS[name].flag,
    change: isSet(today[name]) ? (isSet(fields[name]) ? 'changed' : 'removed') : 'set',
    from: publicValue(name, today[name]),
    to: publicValue(name, fields[name]),
  }));
}

/** A change for people: `frequency 24 h -> 6 h`, `archive password changed`. */
export function changeText(
  name: FieldName,
  today: ServerFields,
  fields: ServerFields,
  environment: Environment,
): string {
  const { label } = FIELD_WORDS[name];
  const [from, to] = [today[name], fields[name]];
  const { variable, default: byDefault } = FIELDS[name];
  const isFromVariable = !isSet(to) && variable !== undefined && environment.variable(variable) !== undefined;
  if (name === 'connectionString') {
    const [before, after] = [today, fields].map((one) => databaseLabel(one.connectionString));
    if (before !== undefined && after !== undefined && before !== after) return `database ${before} -> ${after}`;
  }
  if (from instanceof Secret || to instanceof Secret) {
    const change = from === undefined ? 'set' : to === undefined ? 'removed' : 'changed';
    return `${label} ${change}${isFromVariable ? `; ${variable} applies` : ''}`;
  }
  if (Array.isArray(from) && Array.isArray(to) && name !== 'destinations') return `${label}: ${listChange(from, to)}`;
  const note = isFromVariable ? ` (${variable} applies)` : to !== undefined && to === byDefault ? ' (the default)' : '';
  return `${label} ${shownValue(name, from)} -> ${shownValue(name, to)}${note}`;
}

/** A value for people. A secret is only said to be set. */
export function shownValue(name: FieldName, value: ServerFields[FieldName]): string {
  const { unit } = FIELD_WORDS[name];
  if (value instanceof Secret) return 'set';
  if (typeof value === 'object') {
    const texts = value.filter((one) => typeof one === 'string');
    return value.length === 0 ? 'none' : texts.join(', ') || String(value.length);
  }
  const text = valueInWords(typeof value === 'boolean' && name === 'noLargeObjects' ? !value : value);
  return unit === undefined || value === undefined ? text : `${text} ${unit}`;
}

/** A single value for people: `none`, `yes`, `10M`. */
export function valueInWords(value: string | number | boolean | undefined): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === undefined ? 'none' : String(value);
}

/** What a connection string leads to, as a person knows it: `shop on db.example`. Of a reference that is not known here. */
function databaseLabel(connectionString: Secret): string | undefined {
  if (isReference(connectionString.reveal())) return undefined;
  const connection = attempt(() => parseConnection(connectionString));
  return connection instanceof PgbakError ? undefined : connection.label;
}

function listChange(from: readonly unknown[], to: readonly unknown[]): string {
  if ([...from, ...to].some((one) => one instanceof Secret)) return `${from.length} -> ${to.length}`;
  return [
    ...to.filter((one) => !from.includes(one)).map((one) => `${String(one)} added`),
    ...from.filter((one) => !to.includes(one)).map((one) => `${String(one)} removed`),
  ].join(', ');
}

// The type parameter keeps rule and value of a field together.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function cellOf<Name extends FieldName>(name: Name, fields: ServerFields): string | number | null {
  return FIELDS[name].toCell(fields[name]);
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

function publicValue(name: FieldName, value: unknown): Value {
  if (FIELDS[name].kind === 'switch') return value === FIELDS[name].inputOf(true);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value)) return null;
  const texts = value.filter((one) => typeof one === 'string');
  return texts.length === value.length ? texts : null;
}
