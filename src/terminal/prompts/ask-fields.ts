import { absoluteOf, directoryPlace, parsePlace, remotePlace, s3Place } from '../../storage/place.ts';
import { valueOf } from '../../server/field-kinds.ts';
import { isReference } from '../../server/reference.ts';
import { Secret } from '../../core/secret.ts';
import { FIELD_WORDS } from '../../server/field-words.ts';
import { FIELDS, type FieldName, type ServerFields, type ServerInput } from '../../server/server.ts';
import { attempt, PgbakError } from '../../core/errors.ts';
import { parseConnection } from '../../postgres/connection.ts';
import type { Asking } from './asking.ts';
import { keepsReferences } from './try-references.ts';
import { fieldPrompt, type FieldPromptConfig } from './field-prompt.ts';

/** Why a text will not do; undefined where it will. */
type Complaint = (text: string) => string | undefined;

export const needed: Complaint = (text) => (text === '' ? 'this is needed' : undefined);
export const badConnection = complaintOf((text) => {
  if (!isReference(text)) parseConnection(new Secret(text));
});
export const badDirectory: Complaint = (text) =>
  attempt(() => parsePlace(directoryPlace(text))) instanceof PgbakError
    ? `begin with /, such as ${absoluteOf(text) ?? '/srv/backups'}`
    : undefined;

export const badRemote: Complaint = (text) =>
  attempt(() => parsePlace(remotePlace(text))) instanceof PgbakError
    ? 'name a remote of rclone and a path there, such as nas:backups'
    : undefined;

export const badBucket: Complaint = (text) =>
  attempt(() => parsePlace(s3Place(text))) instanceof PgbakError
    ? 'name a bucket, such as my-bucket or my-bucket/backups'
    : undefined;

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

/** Asks for a field in its words. */
export async function askField(
  name: FieldName,
  config: Omit<FieldPromptConfig, 'message' | 'problemOf'> & { message?: string; problemOf?: Complaint },
): Promise<string> {
  const { label, example } = FIELD_WORDS[name];
  const message = `${label.charAt(0).toUpperCase()}${label.slice(1)}`;
  const isSecret = FIELDS[name].isMasked ?? false;
  return await fieldPrompt({ message, example, isSecret, problemOf: badField(name), ...config });
}

/** Optional fields that hold a text. */
export type OptionalName = {
  [Name in FieldName]: ServerFields[Name] extends string | Secret | undefined
    ? undefined extends ServerFields[Name]
      ? Name
      : never
    : never;
}[FieldName];

/** Typed in place of a secret, it removes the one that is set. */
export const CLEARS = '-';

/**
 * Asks for an optional field, unless a flag gave it, and notes the answer. `none` tells what applies when neither record nor
 * environment has it. What was typed before is edited in place. A secret of the record is not shown: Enter keeps it, and a
 * single `-` removes it. A reference that leads nowhere is asked for again. Returns whether the answer is another one than before.
 */
export async function askOptional(
  name: OptionalName,
  none: string,
  answers: ServerInput,
  asking: Asking,
): Promise<boolean> {
  if (asking.given[name] !== undefined) return false;
  let isOther = false;
  for (;;) {
    isOther = (await askOnce(name, none, answers, asking)) || isOther;
    const text = answers[name];
    if (!isOther || text === undefined || (await keepsReferences({ [name]: text }, asking))) return isOther;
  }
}

async function askOnce(
  name: OptionalName,
  none: string,
  answers: ServerInput,
  { today, environment }: Asking,
): Promise<boolean> {
  const typed = answers[name];
  const value = today?.[name];
  const { variable } = FIELDS[name];
  const otherwise = variable === undefined || environment.variable(variable) === undefined ? none : `from ${variable}`;
  if (value instanceof Secret && (typed === undefined || typed === '')) {
    const problemOf: Complaint = (text) => (text === CLEARS ? undefined : badField(name)(text));
    const emptyMeans = typed === '' ? 'removed' : `set; Enter keeps it, ${CLEARS} removes it`;
    const text = await askField(name, { problemOf, emptyMeans });
    if (text !== '') answers[name] = text === CLEARS ? '' : text;
    return text !== '';
  }
  const before = typed ?? (typeof value === 'string' ? value : '');
  const text = await askField(name, { emptyMeans: otherwise, prefill: before });
  if (text !== before) answers[name] = text;
  return text !== before;
}
