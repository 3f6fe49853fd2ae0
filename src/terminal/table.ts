import Table from 'cli-table3';
import { printableName } from '../core/printable.ts';
import { paint, painted } from './output.ts';
import { widestWord, widthOf, wrapHanging, wrapLines } from './wrap.ts';

const GAP = 2;
const MOST_DRAWN_LINES = 60;

export interface Column {
  title: string;
  /** The least width on a narrow terminal, unless a word of the column is longer; without it the column keeps its width. */
  shrinksTo?: number;
  /** Columns with a rank are left out where the table is still too wide, the lowest rank first. */
  droppedAs?: number;
  /** Names stay on one line: a name with a line break must not look like another row. */
  isName?: boolean;
}

/**
 * A table without rules, so that a line can be copied, and no wider than the terminal. Where it would be wider, columns
 * shrink, the widest first, and their texts wrap between words; where that is not enough, each row becomes a block of lines.
 * Without a terminal nothing is cut, for `grep` and mail.
 */
export function renderTable(columns: readonly Column[], texts: readonly string[][], terminalWidth?: number): string {
  // Make control characters visible before measuring: that makes them wider.
  const rows = texts.map((row) =>
    row.map((text, index) => (columns[index]?.isName === true ? printableName(text) : painted(text))),
  );
  const available = terminalWidth ?? Number.POSITIVE_INFINITY;
  const textsOf = (index: number) => [columns[index]?.title ?? '', ...rows.map((row) => row[index] ?? '')];
  const natural = columns.map((_column, index) => Math.max(...textsOf(index).map((text) => widthOf(text))));
  const isTight = natural.reduce((sum, width) => sum + width, (columns.length - 1) * GAP) > available;
  const least = columns.map(({ shrinksTo }, index) => {
    const width = natural[index] ?? 0;
    if (!isTight || shrinksTo === undefined) return width;
    return Math.min(width, Math.max(shrinksTo, ...textsOf(index).map((text) => widestWord(text))));
  });
  const kept = fittingColumns(columns, least, available);
  if (kept === undefined) return blocks(columns, rows, available);
  const widths = kept.map((index) => natural[index] ?? 0);
  const leastOfKept = kept.map((index) => least[index] ?? 0);
  fit(leastOfKept, widths, available - (kept.length - 1) * GAP);
  const lines = [columns.map(({ title }) => paint('bold', title)), ...rows].map((row) =>
    kept.map((index, place) => wrapLines(row[index] ?? '', widths[place] ?? 0)),
  );
  // One line a row: in a cell of several lines, cli-table3 measures the whole cell again for each letter that it cuts.
  const rowsOfLines = lines.flatMap((row) => asLines(row));
  const draw = rowsOfLines.length > MOST_DRAWN_LINES ? padded : drawn;
  return draw(rowsOfLines, widths).join('\n');
}

/** The rows one below the other, a line a cell: where a terminal is too narrow for the columns. */
function blocks(columns: readonly Column[], rows: readonly string[][], available: number): string {
  const indent = Math.max(...columns.map(({ title }) => widthOf(title))) + GAP;
  return rows
    .map((row) =>
      columns
        .flatMap(({ title }, index) => {
          const text = row[index] ?? '';
          return text === '' ? [] : `${paint('bold', title.padEnd(indent))}${wrapHanging(text, available, indent)}`;
        })
        .join('\n'),
    )
    .join('\n\n');
}

function drawn(lines: readonly string[][], widths: readonly number[]): string[] {
  const table = new Table({
    chars: NO_RULES,
    colWidths: widths.map((width) => width + GAP),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  table.push(...lines);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** The same without cli-table3, which takes longer for a long list than all the rest of a command. */
function padded(lines: readonly string[][], widths: readonly number[]): string[] {
  return lines.map((cells) =>
    cells
      .map((text, place) => text + ' '.repeat(Math.max((widths[place] ?? 0) + GAP - widthOf(text), 0)))
      .join('')
      .trimEnd(),
  );
}

/** Splits a row of cells into rows of single lines. */
function asLines(row: readonly string[]): string[][] {
  const cells = row.map((text) => text.split('\n'));
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_line, index) => cells.map((cell) => cell[index] ?? ''));
}

/** The indexes of the columns that fit when all shrink as far as they may; undefined where the table is too wide even so. */
function fittingColumns(
  columns: readonly Column[],
  least: readonly number[],
  available: number,
): readonly number[] | undefined {
  let kept = columns.map((_column, index) => index);
  const needed = () => kept.reduce((sum, index) => sum + (least[index] ?? 0), (kept.length - 1) * GAP);
  while (needed() > available) {
    const rank = (index: number) => columns[index]?.droppedAs ?? Number.POSITIVE_INFINITY;
    const next = kept.reduce((lowest, index) => (rank(index) < rank(lowest) ? index : lowest));
    if (rank(next) === Number.POSITIVE_INFINITY) return undefined;
    kept = kept.filter((index) => index !== next);
  }
  return kept;
}

const NO_RULES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((rule) => [rule, '']),
);

function fit(least: readonly number[], widths: number[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0);
  while (total() > available) {
    const candidates = widths.flatMap((width, index) => (width > (least[index] ?? 0) ? [{ index, width }] : []));
    const widest = candidates.sort((a, b) => b.width - a.width)[0];
    if (widest === undefined) return;
    widths[widest.index] = widest.width - 1;
  }
}
