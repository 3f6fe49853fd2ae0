import {
  CellProblem,
  filledTextCell,
  listCell,
  optionalCell,
  textCell,
  wholeCell,
  type CellRule,
} from '../core/row-cells.ts';
import type { UnreadableColumn } from '../server/server.ts';

/**
 * Reads a row column by column. A value that is not what it should be is noted in `unreadable` and replaced by a fallback, so
 * that the rest can be read.
 */
export function rowReader(row: Readonly<Record<string, unknown>>) {
  const unreadable: UnreadableColumn[] = [];
  const read = <Value>(column: string, rule: CellRule<Value>, fallback: Value): Value => {
    const value = rule(row[column]);
    if (!(value instanceof CellProblem)) return value;
    unreadable.push({ column, problem: value.text });
    return fallback;
  };
  return {
    unreadable,
    read,
    text: (column: string, fallback: string) => read(column, filledTextCell, fallback),
    optionalText: (column: string) => read(column, optionalCell(textCell), undefined),
    optionalWhole: (column: string, least: number) => read(column, optionalCell(wholeCell(least)), undefined),
    list: (column: string) => read(column, listCell, []),
    time: (column: string, parse: (text: string) => Date | undefined) =>
      read(
        column,
        optionalCell((cell) => {
          const text = textCell(cell);
          return text instanceof CellProblem ? text : (parse(text) ?? new CellProblem('is no time'));
        }),
        undefined,
      ),
  };
}

/** Reads ISO 8601; undefined for anything else. */
export function isoTime(text: string): Date | undefined {
  const time = new Date(text);
  return /^\d{4}-/.test(text) && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** Formats an instant as the earlier program did, in UTC: `20261123T101500`. */
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
