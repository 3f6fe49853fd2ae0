import { Secret } from '../core/secret.ts';
import type { UnreadableColumn } from '../server/server.ts';

/** Far more than the longest error or list of tables: one in a catalogue that somebody changed would fill every log. */
const LONGEST_TEXT = 1_000_000;
const TOO_LONG = `is a text of more than ${LONGEST_TEXT} characters`;
const isTooLong = (value: unknown) => typeof value === 'string' && value.length > LONGEST_TEXT;

/**
 * Reads a row column by column. SQLite keeps any value that is put into a column, by hand or by a damaged disk: what is not
 * what it should be is noted in `unreadable` and stands for nothing, so that the rest can be read.
 */
export function rowReader(row: Readonly<Record<string, unknown>>) {
  const unreadable: UnreadableColumn[] = [];
  const wrong = <Fallback>(column: string, problem: string, fallback: Fallback): Fallback => {
    unreadable.push({ column, problem });
    return fallback;
  };
  const optionalText = (column: string): string | undefined => {
    const value = row[column];
    if (isTooLong(value)) return wrong(column, TOO_LONG, undefined);
    if (typeof value === 'string') return value;
    return value === null || value === undefined ? undefined : wrong(column, 'is no text', undefined);
  };
  const isWhole = (value: unknown, least: number): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
  return {
    unreadable,
    wrong,
    optionalText,
    text: (column: string, fallback: string): string => {
      const value = row[column];
      if (isTooLong(value)) return wrong(column, TOO_LONG, fallback);
      return typeof value === 'string' && value !== '' ? value : wrong(column, 'is no text', fallback);
    },
    secret: (column: string): Secret | undefined => {
      const text = optionalText(column);
      return text === undefined ? undefined : new Secret(text);
    },
    whole: (column: string, least: number, fallback: number): number => {
      const value = row[column];
      return isWhole(value, least) ? value : wrong(column, `is no whole number from ${least} up`, fallback);
    },
    optionalWhole: (column: string, least: number): number | undefined => {
      const value = row[column];
      if (value === null || value === undefined) return undefined;
      return isWhole(value, least) ? value : wrong(column, `is no whole number from ${least} up`, undefined);
    },
    flag: (column: string): boolean => {
      const value = row[column];
      return value === 0 || value === 1 ? value === 1 : wrong(column, 'is neither 0 nor 1', false);
    },
    oneOf: <Value extends string>(column: string, values: readonly Value[], fallback: Value): Value =>
      values.find((value) => value === row[column]) ?? wrong(column, `is none of ${values.join(', ')}`, fallback),
    list: (column: string): string[] =>
      isTooLong(row[column])
        ? wrong(column, TOO_LONG, [])
        : (stringList(row[column]) ?? wrong(column, 'is no list of texts, as JSON', [])),
    time: (column: string, parse: (text: string) => Date | undefined): Date | undefined => {
      const text = optionalText(column);
      return text === undefined ? undefined : (parse(text) ?? wrong(column, 'is no time', undefined));
    },
  };
}

/** A JSON array of texts; undefined for anything else. */
export function stringList(json: unknown): string[] | undefined {
  if (typeof json !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads ISO 8601; undefined for anything else. */
export function isoTime(text: string): Date | undefined {
  const time = new Date(text);
  return /^\d{4}-/.test(text) && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** `20261123T101500`, the earlier program's form of an instant, in UTC. */
export function toCompact(instant: Date): string {
  return instant.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}

/** Reads `20261123T101500`; undefined for anything else. */
export function fromCompact(text: string): Date | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})$/.exec(text.trim());
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const instant = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
