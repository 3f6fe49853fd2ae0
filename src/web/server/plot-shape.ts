import { formatBytes } from '../../core/format.ts';

/** The picture and its margins. */
export const PLOT = { width: 720, height: 240, left: 76, right: 16, top: 12, bottom: 34 };

/** An attempt; without bytes it failed. */
export interface PlotPoint {
  at: Date;
  bytes: number | undefined;
}

export interface PlotShape {
  /** Where the line of the sizes goes. */
  line: string;
  /** A dot for each size, and a cross for each failure. */
  dots: string;
  crosses: string;
  levels: { y: number; label: string }[];
  times: { x: number; label: string; anchor: 'start' | 'middle' | 'end' }[];
}

const DAY_MS = 86_400_000;
const round = (value: number) => Math.round(10 * value) / 10;

/**
 * Where all of a plot is. Sizes begin at nothing, so that a change looks as large as it is.
 *
 * @param points oldest first
 * @param show an instant as text that begins with date and time: `2026-11-23 11:15 +01:00`
 */
export function plotShape(points: readonly PlotPoint[], show: (instant: Date) => string): PlotShape {
  const { width, height, left, right, top, bottom } = PLOT;
  const first = points[0]?.at.getTime() ?? 0;
  const spanMs = Math.max(1, (points.at(-1)?.at.getTime() ?? 0) - first);
  const levels = levelsUpTo(Math.max(1, ...points.map(({ bytes }) => bytes ?? 0)));
  const highest = levels.at(-1) ?? 1;
  const xOf = (ms: number) => round(left + ((ms - first) / spanMs) * (width - left - right));
  const yOf = (bytes: number) => round(height - bottom - (bytes / highest) * (height - top - bottom));
  const sizes = points.flatMap(({ at, bytes }) =>
    bytes === undefined ? [] : [{ x: xOf(at.getTime()), y: yOf(bytes) }],
  );
  const failed = points.filter(({ bytes }) => bytes === undefined);
  // Of a long time the day is enough, of a short one the hour.
  const labelOf = (instant: Date) => (spanMs > 2 * DAY_MS ? show(instant).slice(0, 10) : show(instant).slice(5, 16));
  const anchors = ['start', 'middle', 'middle', 'end'] as const;
  return {
    line: sizes.map(({ x, y }) => `${x} ${y}`).join(' '),
    dots: sizes.map(({ x, y }) => `M${x} ${y}h0`).join(''),
    crosses: failed.map(({ at }) => `M${round(xOf(at.getTime()) - 4)} ${height - bottom - 12}l8 8m0-8l-8 8`).join(''),
    levels: levels.map((bytes) => ({ y: yOf(bytes), label: formatBytes(bytes).replace(/\.0 /, ' ') })),
    times: anchors.map((anchor, index) => {
      const ms = first + (index / (anchors.length - 1)) * spanMs;
      return { x: xOf(ms), label: labelOf(new Date(ms)), anchor };
    }),
  };
}

/** Round numbers from 0 to at least `bytes`, four steps at most. */
function levelsUpTo(bytes: number): number[] {
  const power = 10 ** Math.floor(Math.log10(bytes));
  const step = [0.25, 0.5, 1, 2.5].map((one) => one * power).find((one) => one * 4 >= bytes) ?? 2.5 * power;
  const count = Math.ceil(bytes / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
