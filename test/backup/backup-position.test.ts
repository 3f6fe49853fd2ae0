import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/core/events.ts';
import { follow, lineOf, newPosition } from '../../src/backup/backup-position.ts';

const DUMPING: RunEvent[] = [
  { type: 'tables', server: 'shop', count: 3, roughBytes: new Map() },
  { type: 'phase', server: 'shop', phase: 'dumping' },
  { type: 'dump-line', server: 'shop', line: 'pg_dump: dumping contents of table "public.visit"' },
];
const LAST_TIME: RunEvent = { type: 'measure', server: 'shop', archiveBytes: 277_300_000 };
const archived = (archiveBytes: number, dumpBytes = 0): RunEvent => ({
  type: 'archived',
  server: 'shop',
  archiveBytes,
  dumpBytes,
});

/** The line after these events, `afterMs` later. */
function lineAfter(events: readonly RunEvent[], { afterMs = 4000, width = 120 } = {}): string {
  const position = newPosition({ number: 1, count: 3 }, 0);
  for (const event of events) follow(event, position, 0);
  return lineOf('shop', position, afterMs, (line) => line.length <= width);
}

describe('a dump is measured', () => {
  test('by the last archive of its kind', () => {
    expect(lineAfter([...DUMPING, LAST_TIME, archived(122_100_000)])).toBe(
      'shop (1 of 3) 44 % of about 277 MB, public.visit, about 6 s left',
    );
  });

  test('by the tables that went before, where there is none', () => {
    const sizes = {
      type: 'tables',
      server: 'shop',
      count: 3,
      roughBytes: new Map([
        ['public.visit', 1e8],
        ['public.log', 3e8],
      ]),
    } as const;
    const next: RunEvent = {
      type: 'dump-line',
      server: 'shop',
      line: 'pg_dump: dumping contents of table "public.log"',
    };
    expect(lineAfter([...DUMPING, sizes, archived(1e6, 5e7)])).toBe(
      'shop (1 of 3) 12 % of about 400 MB, public.visit, about 28 s left',
    );
    expect(lineAfter([...DUMPING, sizes, archived(1e6, 9e8)])).toMatch(/ 23 % of about 400 MB, public.visit/);
    expect(lineAfter([...DUMPING, sizes, archived(1e6, 5e7), next])).toMatch(/ 25 % of about 400 MB, public.log/);
  });

  test('by nothing, where nothing is known or the last archive was smaller', () => {
    const words = 'shop (1 of 3) dumping public.visit (table 1 of 3), 300.0 MB archived, 4 s';
    expect(lineAfter([...DUMPING, archived(300_000_000)])).toBe(words);
    expect(lineAfter([...DUMPING, LAST_TIME, archived(300_000_000)])).toBe(words);
  });

  test('by nothing, where most of it is in a table of unknown size', () => {
    const roughBytes = new Map([['public.log', 3e6]]);
    const sizes = { type: 'tables', server: 'shop', count: 3, roughBytes } as const;
    const next = {
      type: 'dump-line',
      server: 'shop',
      line: 'pg_dump: dumping contents of table "public.log"',
    } as const;
    expect(lineAfter([...DUMPING, sizes, archived(1e4, 2e5)])).toBe(
      'shop (1 of 3) 0 % of about 3.0 MB, public.visit, 4 s',
    );
    expect(lineAfter([...DUMPING, sizes, archived(1e6, 9e6)])).toBe(
      'shop (1 of 3) dumping public.visit (table 1 of 3), 1.0 MB archived, 4 s',
    );
    expect(lineAfter([...DUMPING, sizes, archived(1e6, 9e6), next])).toBe(
      'shop (1 of 3) dumping public.log (table 2 of 3), 1.0 MB archived, 4 s',
    );
  });

  test('and never at 100 % before it is done', () => {
    expect(lineAfter([...DUMPING, LAST_TIME, archived(277_300_000)])).toMatch(/ 99 % of about 277 MB/);
    const whole: RunEvent = { type: 'uploaded', server: 'shop', sentBytes: 277_300_000, sizeBytes: 277_300_000 };
    expect(lineAfter([...DUMPING, { type: 'phase', server: 'shop', phase: 'uploading' }, whole])).toMatch(
      /^shop \(1 of 3\) storing 99 % of 277\.3 MB/,
    );
  });
});

test.each([
  [63, 'shop (1 of 3) 44 % of about 277 MB, about 6 s left'],
  [45, 'shop 44 % of about 277 MB, about 6 s left'],
  [30, 'shop 44 %, about 6 s left'],
  [20, 'shop 44 %'],
])('in %i columns the least important goes first', (width, line) => {
  expect(lineAfter([...DUMPING, LAST_TIME, archived(122_100_000)], { width })).toBe(line);
});
