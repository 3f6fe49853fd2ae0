import { describe, expect, test } from '@jest/globals';
import { NARROW, plotShape } from '../../src/web/server/plot-shape.ts';

const show = (instant: Date) => instant.toISOString().replace('T', ' ');
const at = (day: number) => new Date(Date.UTC(2026, 10, day));

describe('the plot of sizes', () => {
  test('begins at nothing and ends above the largest size, in round steps', () => {
    const { levels, line } = plotShape(
      [
        { at: at(1), bytes: 0 },
        { at: at(11), bytes: 281_700_000 },
      ],
      show,
    );
    expect(levels.map(({ label }) => label)).toEqual(['0 B', '100 MB', '200 MB', '300 MB']);
    expect(levels[0]?.y).toBe(206);
    expect(levels.at(-1)?.y).toBe(12);
    expect(line).toMatch(/^76 206 704 /);
  });

  test('marks a failure at its time and leaves it out of the line', () => {
    const points = [
      { at: at(1), bytes: 10 },
      { at: at(2), bytes: undefined },
      { at: at(3), bytes: 10 },
    ];
    const { line, crosses, dots, times } = plotShape(points, show);
    expect(line.split(' ')).toHaveLength(4);
    expect(dots.match(/M/g)).toHaveLength(2);
    expect(crosses).toBe('M386 188l8 8m0-8l-8 8');
    expect(times.map(({ label }) => label)).toEqual(['11-01 00:00', '11-01 16:00', '11-02 08:00', '11-03 00:00']);
  });

  test('says nothing twice below it', () => {
    const minute = [at(1), new Date(at(1).getTime() + 50_000)].map((one) => ({ at: one, bytes: 10 }));
    expect(plotShape(minute, show).times.map(({ label }) => label)).toEqual(['11-01 00:00']);
    const days = [at(1), at(4)].map((one) => ({ at: one, bytes: 10 }));
    expect(plotShape(days, show).times.map(({ label }) => label)).toEqual([
      '2026-11-01',
      '2026-11-02',
      '2026-11-03',
      '2026-11-04',
    ]);
    expect(plotShape(days, show, NARROW).times).toHaveLength(2);
  });

  test('is there where nothing has a size', () => {
    expect(plotShape([{ at: at(1), bytes: undefined }], show).line).toBe('');
  });
});
