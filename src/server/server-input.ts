import { ConfigError, PgbakError } from '../core/errors.ts';
import { parseArchiveName } from './archive-name.ts';
import { parseCompression } from '../core/compression.ts';
import { parseDestination } from './destination.ts';
import { parsePingUrl } from '../notify/ping-url.ts';
import { isReference } from './reference.ts';
import { parseRetention, type RetentionRules } from './retention-rules.ts';
import { Secret } from '../core/secret.ts';
import type { Format } from '../core/dump-format.ts';
import type { ServerFields, SizeChangeAction, VerifyAfter } from './server.ts';

/** What a user typed for a server, flag by flag, unchecked. An empty text clears an optional field. */
export interface ServerInput {
  name?: string | undefined;
  connectionString?: string | undefined;
  frequencyHours?: number | undefined;
  format?: Format | undefined;
  compression?: string | undefined;
  archiveName?: string | undefined;
  archivePassword?: string | undefined;
  destination?: string | undefined;
  b2KeyId?: string | undefined;
  b2AppKey?: string | undefined;
  b2Bucket?: string | undefined;
  hcUrlStart?: string | undefined;
  hcUrlSuccess?: string | undefined;
  hcUrlFail?: string | undefined;
  hcUrlVerify?: string | undefined;
  excludeTables?: string[] | undefined;
  excludeTableData?: string[] | undefined;
  excludeSchemas?: string[] | undefined;
  noLargeObjects?: boolean | undefined;
  minSizeBytes?: number | undefined;
  sizeTolerancePercent?: number | undefined;
  onSizeChange?: SizeChangeAction | undefined;
  lockWaitSeconds?: number | undefined;
  idleTimeoutSeconds?: number | undefined;
  includeGlobals?: boolean | undefined;
  countRows?: boolean | undefined;
  verifyAfter?: VerifyAfter | undefined;
  retention?: RetentionRules | undefined;
  autoPrune?: boolean | undefined;
}

/** Fields that were given; an optional one that was cleared is there as undefined. */
export type ServerChanges = { [Field in keyof ServerFields]?: ServerFields[Field] | undefined };

/** Checks what was typed, field by field; throws one `ConfigError` that tells everything that is wrong. */
export function parseServerInput(input: ServerInput): ServerChanges {
  const problems: PgbakError[] = [];
  const check = <Given, Field>(given: Given | undefined, parse: (given: Given) => Field): Field | undefined => {
    try {
      return given === undefined ? undefined : parse(given);
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const changes: ServerChanges = {
    name: check(input.name, parseName),
    connectionString: check(input.connectionString, parseConnectionText),
    frequencyHours: check(input.frequencyHours, wholeNumber('frequency', 1, 'hours')),
    format: input.format,
    compression: check(input.compression, checkedBy(parseCompression)),
    archiveName: check(input.archiveName, parseArchiveName),
    archivePassword: check(input.archivePassword, optional(parseArchivePassword)),
    destination: check(input.destination, optional(checkedBy(parseDestination))),
    b2KeyId: check(input.b2KeyId, optional(toSecret)),
    b2AppKey: check(input.b2AppKey, optional(toSecret)),
    b2Bucket: input.b2Bucket === '' ? undefined : input.b2Bucket,
    hcUrlStart: check(input.hcUrlStart, optional(parsePing)),
    hcUrlSuccess: check(input.hcUrlSuccess, optional(parsePing)),
    hcUrlFail: check(input.hcUrlFail, optional(parsePing)),
    hcUrlVerify: check(input.hcUrlVerify, optional(parsePing)),
    excludeTables: check(input.excludeTables, withoutEmpty),
    excludeTableData: check(input.excludeTableData, withoutEmpty),
    excludeSchemas: check(input.excludeSchemas, withoutEmpty),
    noLargeObjects: input.noLargeObjects,
    minSizeBytes: check(input.minSizeBytes, wholeNumber('minimum size', 0, 'bytes')),
    sizeTolerancePercent: check(input.sizeTolerancePercent, wholeNumber('size tolerance', 0, 'percent')),
    onSizeChange: input.onSizeChange,
    lockWaitSeconds: check(input.lockWaitSeconds, wholeNumber('lock wait', 1, 'seconds')),
    idleTimeoutSeconds: check(input.idleTimeoutSeconds, wholeNumber('idle timeout', 1, 'seconds')),
    includeGlobals: input.includeGlobals,
    countRows: input.countRows,
    verifyAfter: input.verifyAfter,
    retention: check(input.retention, parseRetention),
    autoPrune: input.autoPrune,
  };
  const [first] = problems;
  if (first !== undefined) throw new ConfigError(problems.map(({ message }) => message).join('; '), first.hint);
  for (const field of fieldsOf(changes)) if (input[field] === undefined) delete changes[field];
  return changes;
}

function fieldsOf<T extends object>(object: T): Extract<keyof T, string>[] {
  const fields = [];
  for (const field in object) fields.push(field);
  return fields;
}

/** A name that commands can tell from an id. */
export function parseName(text: string): string {
  const name = text.trim();
  if (name === '') throw new ConfigError('the name is empty', 'Give the server a name: --name shop');
  // Commands take an id or a name, and a name of digits only would be read as an id.
  if (/^\d+$/.test(name)) throw new ConfigError(`the name "${name}" would be taken for an id`, 'Add a letter to it.');
  if (hasControlCharacter(name)) throw new ConfigError('the name has a control character');
  return name;
}

/** Far more than anybody types, and what a listing can show. */
const LONGEST_FOREIGN_NAME = 200;

/** Whether a name that was read somewhere can be shown, and typed. */
export function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= LONGEST_FOREIGN_NAME && !hasControlCharacter(text);
}

function hasControlCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u001F\u007F]/.test(text);
}

/** 7-Zip reads the password as one line. */
function parseArchivePassword(text: string): Secret {
  if (/[\n\r\0]/.test(text)) throw new ConfigError('the archive password has a line break or a NUL character');
  return new Secret(text);
}

function parsePing(text: string): Secret {
  if (!isReference(text)) parsePingUrl(text);
  return new Secret(text);
}

function withoutEmpty(patterns: string[]): string[] {
  return patterns.filter((pattern) => pattern !== '');
}

function optional<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => (text === '' ? undefined : parse(text));
}

function checkedBy(parse: (text: string) => unknown): (text: string) => string {
  return (text) => {
    parse(text);
    return text;
  };
}

function toSecret(text: string): Secret {
  return new Secret(text);
}

function parseConnectionText(text: string): Secret {
  if (text.trim() === '') throw new ConfigError('the connection string is empty');
  return new Secret(text);
}

function wholeNumber(what: string, least: number, unit: string): (value: number) => number {
  return (value) => {
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new ConfigError(`the ${what} is ${value}, which is not a whole number of ${unit} from ${least} up`);
  };
}
