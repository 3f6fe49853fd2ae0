import ts from 'typescript';
import type { CellName } from './kinds-and-phases.ts';
import { splitTag } from './tag.ts';
import { constantOf } from './test-calls.ts';
import { bare, textOf, UNKNOWN } from './texts.ts';

/** A row of a table of tests. */
export interface Row {
  /** Its texts by position, or by name where the row is an object. */
  labels: ReadonlyMap<string, string>;
  cells: CellName[];
  /** The literals that its tag was read from. */
  parts: ts.Node[];
}

/** The rows of the table that `.each` was given, also of a constant of the same file and of what is spread into it. */
export function rowsOf(table: ts.Expression): Row[] {
  const value = bare(table);
  if (ts.isIdentifier(value)) {
    const constant = constantOf(value);
    return constant === undefined || ts.isIdentifier(constant) ? [] : rowsOf(constant);
  }
  if (!ts.isArrayLiteralExpression(value)) return [];
  return value.elements.flatMap((element) =>
    ts.isSpreadElement(element) ? rowsOf(element.expression) : [rowOf(element)],
  );
}

function rowOf(element: ts.Expression): Row {
  const fields = fieldsOf(bare(element));
  const labels = new Map<string, string>();
  const row: Row = { labels, cells: [], parts: [] };
  for (const [name, field] of fields) {
    const text = textOf(field);
    const { words, cells } = splitTag(text?.text ?? UNKNOWN);
    labels.set(name, words);
    row.cells.push(...cells);
    if (cells.length > 0) row.parts.push(...(text?.parts ?? []));
  }
  return row;
}

function fieldsOf(row: ts.Expression): [string, ts.Expression][] {
  if (ts.isArrayLiteralExpression(row)) return row.elements.map((field, index) => [String(index), bare(field)]);
  if (!ts.isObjectLiteralExpression(row)) return [['0', row]];
  return row.properties.flatMap((property): [string, ts.Expression][] =>
    ts.isPropertyAssignment(property) ? [[property.name.getText(), bare(property.initializer)]] : [],
  );
}

const MANY = 4;

/** A title in whose places stand the labels of all its rows. */
export function filled(title: string, rows: readonly Row[]): string {
  let position = 0;
  return title.replace(/%[sdijfop#]|%%|\$(\w+)/g, (place, name?: string) => {
    if (place === '%%') return '%';
    const key = name ?? String(position++);
    const texts = [...new Set(rows.flatMap(({ labels }) => labels.get(key) ?? []))];
    if (texts.length === 0) return name === undefined ? UNKNOWN : place;
    const shown = texts.length > MANY ? [...texts.slice(0, MANY - 1), `${texts.length - MANY + 1} more`] : texts;
    return shown.join(' / ');
  });
}
