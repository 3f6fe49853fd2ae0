import { printable } from '../core/printable.ts';
import { placeCount, STATES, type ServerStatus } from './status.ts';

interface Metric {
  name: string;
  help: string;
  /** Undefined where a server has no such value: the convention is a missing sample, not zero. */
  value: (status: ServerStatus) => number | undefined;
}

const seconds = (date: Date | undefined) => (date === undefined ? undefined : date.getTime() / 1000);

const METRICS: readonly Metric[] = [
  {
    name: 'pgbak_last_success_timestamp_seconds',
    help: 'When the last good backup began.',
    value: ({ lastGood }) => seconds(lastGood?.startedAt),
  },
  {
    name: 'pgbak_last_attempt_timestamp_seconds',
    help: 'When the last attempt began.',
    value: ({ lastAttempt }) => seconds(lastAttempt?.startedAt),
  },
  {
    name: 'pgbak_last_attempt_success',
    help: 'Whether the last attempt succeeded.',
    value: ({ lastAttempt }) => (lastAttempt === undefined ? undefined : Number(lastAttempt.result === 'success')),
  },
  {
    name: 'pgbak_last_success_duration_seconds',
    help: 'How long the last good backup took.',
    value: ({ lastGood }) => {
      if (lastGood?.finishedAt === undefined) return undefined;
      // Only the begin is known of a backup that a rebuild of the catalogue found.
      const durationMs = lastGood.finishedAt.getTime() - lastGood.startedAt.getTime();
      return durationMs === 0 ? undefined : durationMs / 1000;
    },
  },
  {
    name: 'pgbak_last_success_archive_bytes',
    help: 'Size of the archive of the last good backup.',
    value: ({ lastGood }) => lastGood?.sizeBytes,
  },
  {
    name: 'pgbak_last_verified_timestamp_seconds',
    help: 'When a backup was last read as a whole and found good.',
    value: ({ lastVerified }) => seconds(lastVerified?.verifiedAt),
  },
  {
    name: 'pgbak_copies',
    help: 'In how many places the last good backup is.',
    value: (status) => placeCount(status).held,
  },
  {
    name: 'pgbak_places',
    help: 'In how many places the backups are to be.',
    value: (status) => placeCount(status).of,
  },
  {
    name: 'pgbak_frequency_seconds',
    help: 'How often the server is to be backed up.',
    value: ({ frequencyHours }) => frequencyHours * 3600,
  },
];

/**
 * The metrics of all servers in the text exposition format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), for node_exporter's textfile collector.
 */
export function prometheusText(statuses: readonly ServerStatus[]): string {
  const families = METRICS.map(({ name, help, value }) => {
    const samples = statuses.flatMap((status) => {
      const number = value(status);
      return number === undefined ? [] : [`${name}{server="${escaped(status.name)}"} ${number}`];
    });
    return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples];
  });
  const states = statuses.flatMap(({ name, state }) =>
    STATES.map((one) => `pgbak_state{server="${escaped(name)}",state="${one.toLowerCase()}"} ${Number(one === state)}`),
  );
  const help = '# HELP pgbak_state Whether the backups of a server are in that state.';
  return `${[...families.flat(), help, '# TYPE pgbak_state gauge', ...states].join('\n')}\n`;
}

function escaped(label: string): string {
  return printable(label)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
