import { html } from 'hono/html';
import type { BackupRecord } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { formatBytes, formatInstant } from '../../core/format.ts';
import type { Piece } from '../layout.ts';
import { NARROW, plotShape, WIDE, type PlotPoint } from './plot-shape.ts';

/** The sizes of a server's archives over time, with a cross for each attempt that failed; the same as a table below. */
export function sizePlot(backups: readonly BackupRecord[], { zones }: Pick<Context, 'zones'>): Piece {
  const points = backups
    .filter(({ result, sizeBytes }) => result === 'failed' || (result === 'success' && sizeBytes !== undefined))
    .map(({ startedAt, sizeBytes, result }): PlotPoint => ({
      at: startedAt,
      bytes: result === 'failed' ? undefined : sizeBytes,
    }))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  if (points.length < 2) return html`<p class="muted">A plot of the sizes appears after the second backup.</p>`;
  const show = (instant: Date) => formatInstant(instant, { zone: zones.shown });
  return html`${pictureOf(points, show, 'wide')} ${pictureOf(points, show, 'narrow')} ${keyOf(points)}
    <details>
      <summary>The same as a table</summary>
      <div class="box">
        <table>
          <thead>
            <tr>
              <th scope="col">Started</th>
              <th scope="col">Size</th>
            </tr>
          </thead>
          <tbody>
            ${points.toReversed().map(
              ({ at, bytes }) =>
                html`<tr>
                  <td>${show(at)}</td>
                  <td>${bytes === undefined ? 'failed' : formatBytes(bytes)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
}

/** Few points are shown larger: the line between them says little. */
const FEW_POINTS = 12;
const FRAMES = { wide: WIDE, narrow: NARROW } as const;

function pictureOf(points: readonly PlotPoint[], show: (instant: Date) => string, size: keyof typeof FRAMES): Piece {
  const frame = FRAMES[size];
  const { line, dots, crosses, levels, times } = plotShape(points, show, frame);
  const { width, height, left, right, bottom } = frame;
  const failed = points.filter(({ bytes }) => bytes === undefined).length;
  const sizes = points.flatMap(({ bytes }) => bytes ?? []);
  const range =
    sizes.length === 0 ? '' : `from ${formatBytes(Math.min(...sizes))} to ${formatBytes(Math.max(...sizes))}`;
  const few = points.length <= FEW_POINTS ? 'few' : '';
  const [title, description] = [`plot-title-${size}`, `plot-desc-${size}`];
  return html`<svg
    class="plot ${size} ${few}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-labelledby="${title} ${description}"
  >
    <title id="${title}">Sizes of the last ${points.length} backups</title>
    <desc id="${description}">${range}; ${failed === 0 ? 'none' : failed} failed</desc>
    <g class="grid">
      ${levels.map(({ y, label }) => html`<path d="M${left} ${y}H${width - right}" /><text x="${left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`)}
      ${times.map(({ x, label, anchor }) => html`<path d="M${x} ${height - bottom}v5" /><text x="${x}" y="${height - bottom + 22}" text-anchor="${anchor}">${label}</text>`)}
    </g>
    <polyline points="${line}" />
    <path class="dots" d="${dots}" />
    <path class="crosses" d="${crosses}" />
  </svg>`;
}

function keyOf(points: readonly PlotPoint[]): Piece | '' {
  if (points.every(({ bytes }) => bytes !== undefined)) return '';
  return html`<p class="small muted">
    <svg class="plot key" viewBox="0 0 12 12" aria-hidden="true">
      <path class="crosses" d="M2 2l8 8m0-8l-8 8" />
    </svg>
    failed
  </p>`;
}
