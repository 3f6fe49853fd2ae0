import Table from 'cli-table3';
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

const FALLBACK_WIDTH = 80;
const GAP = 2;

export interface Column {
  title: string;
  /** How narrow the column may become when the terminal is; without it the column keeps its width. */
  shrinksTo?: number;
}

/**
 * A table no wider than the terminal (80 columns where there is none), without rules, so that a line can be copied.
 * Where it would be wider, the columns that may shrink give way, the widest first, and their texts wrap between words.
 */
export function renderTable(columns: readonly Column[], rows: readonly string[][], terminalWidth?: number): string {
  const widths = columns.map((column, index) =>
    Math.max(...[column.title, ...rows.map((row) => row[index] ?? '')].map((text) => widestLine(text))),
  );
  fit(columns, widths, (terminalWidth ?? FALLBACK_WIDTH) - (columns.length - 1) * GAP);
  const wrapped = (texts: readonly string[]) =>
    texts.map((text, index) => wrapAnsi(text, widths[index] ?? FALLBACK_WIDTH, { hard: true }));
  const table = new Table({
    chars: NO_RULES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  table.push(wrapped(columns.map(({ title }) => title)), ...rows.map((row) => wrapped(row)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
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
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}
