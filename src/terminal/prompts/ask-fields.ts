import { directoryPlace, parsePlace } from '../../storage/place.ts';
import { valueOf } from '../../server/field-kinds.ts';
import { isReference } from '../../server/reference.ts';
import { Secret } from '../../core/secret.ts';
import { FIELDS, type FieldName, type ServerFields } from '../../server/server.ts';
import { attempt, PgbakError } from '../../core/errors.ts';
import { parseConnection } from '../../postgres/connection.ts';
import type { Asking } from './ask-server.ts';
import { fieldPrompt, type FieldPromptConfig } from './field-prompt.ts';

/** Why a text will not do; undefined where it will. */
type Complaint = (text: string) => string | undefined;

export const needed: Complaint = (text) => (text === '' ? 'this is needed' : undefined);
export const badHours: Complaint = (text) =>
  /^[1-9]\d{0,5}$/.test(text) ? undefined : 'a whole number of hours, 1 or more';
export const badConnection = complaintOf((text) => {
  if (!isReference(text)) parseConnection(new Secret(text));
});
export const badDirectory = complaintOf((text) => parsePlace(directoryPlace(text)));

/** The complaint of a field's rule. */
export function badField(name: FieldName): Complaint {
  return (text) => {
    const value = valueOf<unknown>(FIELDS[name].rule, text);
    return value instanceof PgbakError ? value.message : undefined;
  };
}

function complaintOf(parse: (text: string) => unknown): Complaint {
  return (text) => {
    const result = attempt(() => parse(text));
    return result instanceof PgbakError ? result.message : undefined;
  };
}

/** The first complaint of several. */
export function anyOf(...complaints: Complaint[]): Complaint {
  return (text) => complaints.map((complaint) => complaint(text)).find((problem) => problem !== undefined);
}

/** Asks for a field in the words of the table. */
export async function askField(
  name: FieldName,
  config: Omit<FieldPromptConfig, 'message' | 'problemOf'> & { problemOf?: Complaint },
): Promise<string> {
  const { prompt = name, isMasked = false } = FIELDS[name];
  return await fieldPrompt({ message: prompt, isSecret: isMasked, problemOf: badField(name), ...config });
}

/** Optional fields that hold a text. */
type OptionalName = {
  [Name in FieldName]: ServerFields[Name] extends string | Secret | undefined
    ? undefined extends ServerFields[Name]
      ? Name
      : never
    : never;
}[FieldName];

const CLEARS = '-';

/**
 * Asks for an optional field, unless a flag gave it. `none` tells what applies when neither record nor environment has
 * it. Returns the change: undefined for none, an empty text to clear the field. A text is edited in place. A secret is
 * not shown; Enter keeps it, and a single `-` removes it.
 */
export async function askOptional(
  name: OptionalName,
  none: string,
  { given, today, environment }: Asking,
): Promise<string | undefined> {
  if (given[name] !== undefined) return undefined;
  const value = today?.[name];
  const { variable } = FIELDS[name];
  const otherwise = variable === undefined || environment.variable(variable) === undefined ? none : `from ${variable}`;
  if (value instanceof Secret) {
    const problemOf: Complaint = (text) => (text === CLEARS ? undefined : badField(name)(text));
    const text = await askField(name, { problemOf, emptyMeans: `set; Enter keeps it, ${CLEARS} clears it` });
    return text === '' ? undefined : text === CLEARS ? '' : text;
  }
  const text = await askField(name, { emptyMeans: otherwise, ...(value === undefined ? {} : { prefill: value }) });
  return text === (value ?? '') ? undefined : text;
}
