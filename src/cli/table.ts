import Table from 'cli-table3';

const FALLBACK_WIDTH = 80;
/** The borders and the padding of one column. */
const COLUMN_FRAME = 3;

export interface Column {
  title: string;
  /** How narrow the column may become when the terminal is; without it the column keeps its width. */
  shrinksTo?: number;
}

/**
 * A table no wider than the terminal (80 columns where there is none). Where it would be, the columns that may shrink
 * give way, the widest first, and their texts wrap.
 */
export function renderTable(columns: readonly Column[], rows: readonly string[][], terminalWidth?: number): string {
  const widths = columns.map((column, index) =>
    Math.max(...[column.title, ...rows.map((row) => row[index] ?? '')].map((text) => widestLine(text))),
  );
  fit(columns, widths, (terminalWidth ?? FALLBACK_WIDTH) - columns.length * COLUMN_FRAME - 1);
  const table = new Table({
    head: columns.map(({ title }) => title),
    colWidths: widths.map((width) => width + 2),
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString();
}

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
  return Math.max(...text.split('\n').map((line) => line.length));
}
