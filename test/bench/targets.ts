import type { Balanced } from './bandwidth.ts';
import { EARLIER, PLAIN_DUMP } from './candidates.ts';
import { ratio, type Measured } from './compare.ts';
import { markdownTable } from './markdown.ts';
import { PLACES_TARGETS } from './places-table.ts';
import type { Places } from './places.ts';
import { NOTHING_DUE, type Startup } from './startup.ts';

/** What pgbak means to keep to: its name, the limit, and what was found of a database. */
export type Target<Found> = readonly [string, number, (found: Found) => number];

/** What was measured of one database. */
export interface Result {
  database: string;
  measured: Measured[];
  balanced: Balanced;
  places: Places;
}

/** All targets, beside what was found. */
export function targetsTable(results: readonly Result[], startup: readonly Startup[]): string {
  const pgbaks = (measured: readonly Measured[]) => measured.filter(({ name }) => name.startsWith('pgbak'));
  const most = (field: 'temporaryBytes' | 'nodeMemoryBytes') => (one: Result) =>
    Math.max(...pgbaks(one.measured).map((cost) => cost[field])) / 1e6;
  const nothingDue = startup.find(({ name }) => name === NOTHING_DUE)?.times ?? Number.NaN;
  const targets: Target<Result>[] = [
    [
      'run, lzma2:1, against the earlier program and its upload',
      0.4,
      ({ measured }) => ratio(measured, 'pgbak lzma2:1', EARLIER),
    ],
    ['run, zstd:3, against a bare pg_dump', 1.15, ({ measured }) => ratio(measured, 'pgbak zstd:3', PLAIN_DUMP)],
    [
      'run where uploading takes as long as compressing, against the longer of the two',
      1.15,
      ({ balanced: { runMs, compressMs, uploadMs } }) => runMs / Math.max(compressMs, uploadMs),
    ],
    ['temporary disk at its peak, any compression, MB', 300, most('temporaryBytes')],
    ["pgbak's own memory at its peak, any compression, MB", 200, most('nodeMemoryBytes')],
    ...PLACES_TARGETS.map(([what, limit, of]): Target<Result> => [what, limit, ({ places }) => of(places)]),
    ['run with nothing due, against node -e 0', 8, () => nothingDue],
  ];
  return judgedTable(results, targets);
}

/** Targets beside what was found of each database. */
export function judgedTable<Found extends { database: string }>(
  results: readonly Found[],
  targets: readonly Target<Found>[],
): string {
  const judged = (value: number, limit: number) =>
    `${value.toFixed(limit >= 100 ? 0 : 2)}${value <= limit ? '' : ' (missed)'}`;
  const rows = targets.map(([what, limit, of]) => [
    what,
    String(limit),
    ...results.map((result) => judged(of(result), limit)),
  ]);
  return markdownTable(['', 'at most', ...results.map(({ database }) => database)], rows);
}
