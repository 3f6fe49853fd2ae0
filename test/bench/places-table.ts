import { cpus } from 'node:os';
import { PARTS_IN_FLIGHT } from '../../src/storage/streaming/send-parts.ts';
import { markdownTable } from './markdown.ts';
import { COMPRESSION, placed, WHERE, type Name, type Placed, type Places } from './places.ts';
import type { Target } from './targets.ts';

const slower = (measured: readonly Placed[]) =>
  [placed(measured, 'b2'), placed(measured, 's3')].reduce((one, other) =>
    other.elapsedMs > one.elapsedMs ? other : one,
  );
const timesSlower = (measured: readonly Placed[], name: Name) =>
  placed(measured, name).elapsedMs / slower(measured).elapsedMs;

/** What pgbak means to keep to. */
export const PLACES_TARGETS: readonly Target<Places>[] = [
  [
    `run to B2 and S3 at once, ${COMPRESSION}, against the slower of the two alone`,
    1.15,
    ({ unlimited }) => timesSlower(unlimited, 'both'),
  ],
  [
    'the same where uploading to each takes as long as compressing',
    1.15,
    ({ onLines }) => timesSlower(onLines, 'both'),
  ],
  [
    "pgbak's own memory at its peak, three places at once, MB",
    200,
    ({ unlimited }) => placed(unlimited, 'three').nodeMemoryBytes / 1e6,
  ],
];

export function placesTable({ unlimited, onLines }: Places): string {
  const head = [
    COMPRESSION,
    'time',
    'on lines',
    "pgbak's processor s",
    "servers' processor s",
    'processors busy',
    'temporary disk MB',
    "pgbak's memory MB",
  ];
  const rows = unlimited.map(({ name, cpuMs, serversMs, busy, temporaryBytes, nodeMemoryBytes }) => {
    const onLine = onLines.find((one) => one.name === name);
    return [
      `to ${WHERE[name]}`,
      timesSlower(unlimited, name).toFixed(2),
      onLine === undefined ? '' : timesSlower(onLines, name).toFixed(2),
      (cpuMs / 1000).toFixed(1),
      (serversMs / 1000).toFixed(1),
      `${(100 * busy).toFixed(0)} %`,
      (temporaryBytes / 1e6).toFixed(0),
      (nodeMemoryBytes / 1e6).toFixed(0),
    ];
  });
  return markdownTable(head, rows);
}

/** What the second place costs, and what bounds the run to both. */
export function placesText({ unlimited, onLines, lineBytesPerSecond }: Places): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const [both, alone] = [placed(unlimited, 'both'), slower(unlimited)];
  const moreMs = both.cpuMs + both.serversMs - alone.cpuMs - alone.serversMs;
  const leastMs = alone.elapsedMs + moreMs / cpus().length;
  return (
    `The slower alone took ${seconds(alone.elapsedMs)} s, both at once ${seconds(both.elapsedMs)} s. The second copy takes ` +
    `${seconds(moreMs)} s of processor, ${seconds(both.serversMs - alone.serversMs)} s of it in its test server. Where that keeps ` +
    `all ${cpus().length} processors busy, a run to both takes ${seconds(leastMs)} s (${(leastMs / alone.elapsedMs).toFixed(2)}). On lines of ` +
    `${(lineBytesPerSecond / 1e6).toFixed(1)} MB/s, with ${PARTS_IN_FLIGHT} connections each, the slower alone took ` +
    `${seconds(slower(onLines).elapsedMs)} s and both at once ${seconds(placed(onLines, 'both').elapsedMs)} s.`
  );
}
