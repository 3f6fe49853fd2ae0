import { html } from 'hono/html';
import { formatBytes } from '../../core/format.ts';
import type { AttemptSize } from '../../monitor/overview.ts';
import type { Piece } from '../layout.ts';

const WIDTH = 84;
const HEIGHT = 22;
/** Room for half a mark at each edge. */
const EDGE = 3;

/** Where the line goes, and where the crosses of failed attempts are. Heights are shares of the largest size. */
export function sparkShape(sizes: readonly AttemptSize[]): { line: string; crosses: string } {
  const largest = Math.max(1, ...sizes.map((size) => (size === 'failed' ? 0 : size)));
  const step = (WIDTH - 2 * EDGE) / Math.max(1, sizes.length - 1);
  const points: string[] = [];
  const crosses: string[] = [];
  for (const [index, size] of sizes.entries()) {
    const x = Math.round(10 * (EDGE + index * step)) / 10;
    if (size === 'failed') crosses.push(`M${x - 2} ${HEIGHT - 6}l4 4m0-4l-4 4`);
    else points.push(`${x} ${Math.round(10 * (HEIGHT - EDGE - (size / largest) * (HEIGHT - 2 * EDGE))) / 10}`);
  }
  // A line needs two points.
  const [only = ''] = points;
  return { line: (points.length === 1 ? [only, only] : points).join(' '), crosses: crosses.join('') };
}

/** The sizes of the last attempts as a small line, with a cross for each that failed. */
export function spark(sizes: readonly AttemptSize[]): Piece | '' {
  if (sizes.length === 0) return '';
  const { line, crosses } = sparkShape(sizes);
  const cross = crosses === '' ? '' : html`<path d="${crosses}" />`;
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${labelOf(sizes)}">
    <polyline points="${line}" />
    ${cross}
  </svg>`;
}

function labelOf(sizes: readonly AttemptSize[]): string {
  const bytes = sizes.flatMap((size) => (size === 'failed' ? [] : size));
  const failed = sizes.length - bytes.length;
  const range = bytes.length === 0 ? [] : [`${formatBytes(Math.min(...bytes))} to ${formatBytes(Math.max(...bytes))}`];
  return [`last ${sizes.length}`, ...range, ...(failed === 0 ? [] : [`${failed} failed`])].join(', ');
}
