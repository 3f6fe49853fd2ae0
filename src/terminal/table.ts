import Table from 'cli-table3';
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import { printableName } from '../core/printable.ts';
import { paint, painted } from './output.ts';

const GAP = 2;
/** Characters of width one: ASCII, and the bars of `list`. */
const PLAIN = /^[ -~▁-█]*$/;
const MOST_DRAWN_LINES = 60;

interface Column {
  title: string;
  /** The least width on a narrow terminal; without it the column keeps its width. */
  shrinksTo?: number;
  /** Columns with a rank are left out where the table is still too wide, the lowest rank first. */
  droppedAs?: number;
  /** Names stay on one line: a name with a line break must not look like another row. */
  isName?: boolean;
}

/**
 * A table without rules, so that a line can be copied, and no wider than the terminal. Where it would be wider, columns
 * shrink, the widest first, and their texts wrap between words. Without a terminal nothing is cut, for `grep` and mail.
 */
export function renderTable(columns: readonly Column[], texts: readonly string[][], terminalWidth?: number): string {
  // Make control characters visible before measuring: that makes them wider.
  const rows = texts.map((row) =>
    row.map((text, index) => (columns[index]?.isName === true ? printableName(text) : painted(text))),
  );
  const available = terminalWidth ?? Number.POSITIVE_INFINITY;
  const natural = columns.map((column, index) =>
    Math.max(...[column.title, ...rows.map((row) => row[index] ?? '')].map((text) => widestLine(text))),
  );
  const kept = fittingColumns(columns, natural, available);
  const widths = kept.map((index) => natural[index] ?? 0);
  const shown = kept.map((index) => columns[index] ?? { title: '' });
  fit(shown, widths, available - (kept.length - 1) * GAP);
  const lines = [columns.map(({ title }) => paint('bold', title)), ...rows].map((row) =>
    kept.map((index, place) => wrap(row[index] ?? '', widths[place] ?? 0, natural[index] ?? 0)),
  );
  // One line a row: in a cell of several lines, cli-table3 measures the whole cell again for each letter that it cuts.
  const rowsOfLines = lines.flatMap((row) => asLines(row));
  const draw = rowsOfLines.length > MOST_DRAWN_LINES ? padded : drawn;
  return draw(rowsOfLines, widths).join('\n');
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
      .map((text, place) => text + ' '.repeat(Math.max((widths[place] ?? 0) + GAP - widestLine(text), 0)))
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

function wrap(text: string, width: number, naturalWidth: number): string {
  if (naturalWidth <= width || widestLine(text) <= width) return text;
  return wrapAnsi(text, width, { hard: true });
}

/** The indexes of the columns that fit when all shrink as far as they may. */
function fittingColumns(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  let kept = columns.map((_column, index) => index);
  const least = (index: number) => Math.min(natural[index] ?? 0, columns[index]?.shrinksTo ?? Number.POSITIVE_INFINITY);
  const needed = () => kept.reduce((sum, index) => sum + least(index), (kept.length - 1) * GAP);
  while (needed() > available) {
    const rank = (index: number) => columns[index]?.droppedAs ?? Number.POSITIVE_INFINITY;
    const next = kept.reduce((lowest, index) => (rank(index) < rank(lowest) ? index : lowest));
    if (rank(next) === Number.POSITIVE_INFINITY) break;
    kept = kept.filter((index) => index !== next);
  }
  return kept;
}

const NO_RULES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((rule) => [rule, '']),
);

function fit(columns: readonly Column[], widths: number[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0);
  while (total() > available) {
    const candidates = columns.flatMap(({ shrinksTo }, index) => {
      const width = widths[index] ?? 0;
      return shrinksTo !== undefined && width > shrinksTo ? [{ index, width }] : [];
    });
    const widest = candidates.sort((a, b) => b.width - a.width)[0];
    if (widest === undefined) return;
    widths[widest.index] = widest.width - 1;
  }
}

function widestLine(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}
