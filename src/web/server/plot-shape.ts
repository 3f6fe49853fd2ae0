import { formatBytes } from '../../core/format.ts';

/** A picture, its margins, and how many times stand below it. */
export interface PlotFrame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  times: 2 | 4;
}

/** One for wide windows, and one for phones, where the letters of the wide one would be too small. */
export const WIDE: PlotFrame = { width: 720, height: 240, left: 76, right: 16, top: 12, bottom: 34, times: 4 };
export const NARROW: PlotFrame = { width: 340, height: 210, left: 70, right: 10, top: 12, bottom: 34, times: 2 };

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
export function plotShape(points: readonly PlotPoint[], show: (instant: Date) => string, frame = WIDE): PlotShape {
  const { width, height, left, right, top, bottom } = frame;
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
  const anchors = frame.times === 4 ? (['start', 'middle', 'middle', 'end'] as const) : (['start', 'end'] as const);
  return {
    line: sizes.map(({ x, y }) => `${x} ${y}`).join(' '),
    dots: sizes.map(({ x, y }) => `M${x} ${y}h0`).join(''),
    crosses: failed.map(({ at }) => `M${round(xOf(at.getTime()) - 4)} ${height - bottom - 18}l8 8m0-8l-8 8`).join(''),
    levels: differing(levels.map((bytes) => ({ y: yOf(bytes), label: formatBytes(bytes).replace(/\.0 /, ' ') }))),
    times: differing(
      anchors.map((anchor, index) => {
        const ms = first + (index / (anchors.length - 1)) * spanMs;
        return { x: xOf(ms), label: labelOf(new Date(ms)), anchor };
      }),
    ),
  };
}

/** Without those that read like the one before: of a short time all may show the same minute. */
function differing<Tick extends { label: string }>(ticks: readonly Tick[]): Tick[] {
  return ticks.filter(({ label }, index) => label !== ticks[index - 1]?.label);
}

/** Round numbers from 0 to at least `bytes`, four steps at most. */
function levelsUpTo(bytes: number): number[] {
  const power = 10 ** Math.floor(Math.log10(bytes));
  const step = [0.25, 0.5, 1, 2.5].map((one) => one * power).find((one) => one * 4 >= bytes) ?? 2.5 * power;
  const count = Math.ceil(bytes / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
