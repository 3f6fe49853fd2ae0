import { cpus } from 'node:os';
import { PLAIN_DUMP } from './candidates.ts';
import { ratio, type Measured } from './compare.ts';
import { ANALYZED, BARE, BINARY, BY_HAND, BY_PGBAK, JOBS, PACKED, RESTORED, type Directory } from './directory.ts';
import { markdownTable } from './markdown.ts';
import type { Target } from './targets.ts';

/** What pgbak means to keep to. */
export const DIRECTORY_TARGETS: readonly Target<Directory>[] = [
  [`run, format directory, encrypted, against ${BARE}`, 1.15, ({ dumps }) => ratio(dumps, BY_PGBAK, BARE)],
  [`restore --jobs ${JOBS}, against ${BY_HAND}`, 1.2, ({ restores }) => ratio(restores, RESTORED, BY_HAND)],
];

export function directoryTable({ dumps, restores }: Directory): string {
  const head = ['', 'time', 'processor s', 'archive MB', 'temporary disk MB', "pgbak's memory MB"];
  const megabytes = (bytes: number) => (bytes === 0 ? '' : (bytes / 1e6).toFixed(0));
  const rowsOf = (measured: readonly Measured[], against: string) =>
    measured.map((one) => [
      one.name,
      ratio(measured, one.name, against).toFixed(2),
      (one.cpuMs / 1000).toFixed(1),
      megabytes(one.archiveBytes),
      megabytes(one.temporaryBytes),
      one.name.startsWith('pgbak') ? megabytes(one.nodeMemoryBytes) : '',
    ]);
  return markdownTable(head, [...rowsOf(dumps, BARE), ...rowsOf(restores, BY_HAND)]);
}

/** What bounds a backup and a restore, whether they keep to their targets or not. */
export function directoryText({ dumps, restores }: Directory): string {
  const times = (measured: readonly Measured[], name: string, to: string) => ratio(measured, name, to).toFixed(2);
  const of = (name: string) => dumps.find((one) => one.name === name)?.cpuMs ?? Number.NaN;
  const seconds = ((of(PACKED) - of(BARE)) / 1000).toFixed(1);
  return (
    `Against ${PLAIN_DUMP} over one connection, the directory takes ${times(dumps, BY_PGBAK, PLAIN_DUMP)} of its time; against ` +
    `${BINARY}, ${times(dumps, BY_PGBAK, BINARY)}. 7-Zip packs and encrypts after the dump, since pg_dump may still change its ` +
    `files until it ends: by hand the two take ${times(dumps, PACKED, BARE)}, ${seconds} s of processor more, on ${cpus().length} ` +
    `processors. A restore of pgbak's proves the archive's checksum first, and gathers the planner's statistics at the end; by ` +
    `hand with these it takes ${times(restores, ANALYZED, BY_HAND)}.`
  );
}
