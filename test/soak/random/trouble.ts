import { rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { fakeClock } from '../../support/fake-clock.ts';
import type { Fault } from '../../support/b2-server/faults.ts';
import type { Chance } from './chance.ts';
import type { Blow, Program } from './strike.ts';
import { SOAK_ROLE, type World } from './world.ts';

/** What goes wrong while a command runs. */
export interface Trouble extends Disposable {
  /** For the table of what was done. */
  kind: string;
  /** For the list of actions. */
  words: string;
  env: Record<string, string>;
  blow: Blow | undefined;
  /** Whether the command must do its work all the same. */
  isQuiet: boolean;
  /** It may be ended twice. */
  [Symbol.dispose](): void;
}

export const NO_TROUBLE: Trouble = {
  kind: 'none',
  words: 'no trouble',
  env: {},
  blow: undefined,
  isQuiet: true,
  [Symbol.dispose]: () => {},
};

const FAULTS: readonly Omit<Fault, 'after' | 'times'>[] = [
  { endpoint: 'b2_upload_file', action: { kind: 'lose-response' } },
  { endpoint: 'b2_upload_file', action: { kind: 'refuse', status: 503, code: 'service_unavailable' } },
  { endpoint: 'b2_upload_file', action: { kind: 'refuse', status: 503, afterBytes: 'all' } },
  { endpoint: 'b2_upload_file', action: { kind: 'reset', afterBytes: 20_000 } },
  { endpoint: 'b2_upload_file', action: { kind: 'garble', how: 'half' } },
  { endpoint: 'b2_upload_part', action: { kind: 'lose-response' } },
  { endpoint: 'b2_upload_part', action: { kind: 'refuse', status: 503 } },
  { endpoint: 'b2_get_upload_url', action: { kind: 'refuse', status: 503 } },
  { endpoint: 'b2_get_upload_url', action: { kind: 'dead-host' } },
  { endpoint: 'b2_start_large_file', action: { kind: 'lose-response' } },
  { endpoint: 'b2_finish_large_file', action: { kind: 'lose-response' } },
  { endpoint: 'b2_finish_large_file', action: { kind: 'garble', how: 'html' } },
  { endpoint: 'b2_authorize_account', action: { kind: 'refuse', status: 503 } },
  { endpoint: 'b2_list_file_versions', action: { kind: 'refuse', status: 503 } },
  { endpoint: 'b2_list_file_versions', action: { kind: 'garble', how: 'cut' } },
  { endpoint: 'b2_delete_file_version', action: { kind: 'lose-response' } },
  { endpoint: 'b2_delete_file_version', action: { kind: 'refuse', status: 503 } },
  { endpoint: 'b2_download', action: { kind: 'corrupt' } },
  { endpoint: 'b2_download', action: { kind: 'truncate', afterBytes: 9000 } },
];

const KINDS = 'none none stop clock service service full full-there full-catalogue sessions kill kill kill kill'.split(
  ' ',
);
/** What a command starts, as often as it shall be struck. */
export const PROGRAMS = {
  run: ['pgbak', 'pgbak', 'pg_dump', '7-Zip', 'psql', 'pg_dumpall', 'pg_restore'],
  restore: ['pgbak', 'psql', '7-Zip', 'pg_restore'],
  write: ['pgbak', '7-Zip'],
  verify: ['pgbak', '7-Zip', 'psql', 'pg_restore', 'postgres', 'initdb'],
  prune: ['pgbak'],
} satisfies Record<string, Program[]>;

/** Those that end after a moment; the others last as long as what passes through them. */
const SHORT = new Set<Program>(['psql', 'initdb']);

function blowOf(signal: Blow['signal'], programs: readonly Program[], chance: Chance): Blow {
  const target = chance.oneOf(programs) ?? 'pgbak';
  const other = chance.oneOf(programs.filter((program) => program !== 'pgbak')) ?? 'pgbak';
  const of = target === 'pgbak' ? other : target;
  const nth = chance.between(1, of === 'psql' ? 9 : 4);
  const atOnce = chance.onceIn(3);
  const afterMs = chance.between(0, SHORT.has(of) ? 40 : 300);
  const fromStartMs = chance.between(50, 4500);
  if (of === 'pgbak' || (target === 'pgbak' && atOnce)) {
    return { signal, target, sight: undefined, afterMs: fromStartMs };
  }
  // Programs of which there is one would be missed more often than not.
  const isOne = of === 'initdb' || of === 'pg_restore' || of === 'pg_dumpall' || programs.length < 6;
  return { signal, target, sight: { of, nth: isOne && of !== 'psql' ? 1 : nth }, afterMs };
}

function wordsOf({ signal, target, sight, afterMs }: Blow): string {
  const when = sight === undefined ? 'the start' : `${sight.of} number ${sight.nth}`;
  return `${signal} to ${target} ${afterMs} ms after ${when}`;
}

/** One kind of trouble, or none; what it needs is undone when it is disposed. */
export function troubleFor(world: World, chance: Chance, command: keyof typeof PROGRAMS): Trouble {
  // All are drawn every time, so that the next draw of this step does not depend on what was chosen.
  const kind = chance.oneOf(KINDS) ?? 'none';
  const blow = blowOf(kind === 'kill' ? 'SIGKILL' : 'SIGTERM', PROGRAMS[command], chance);
  const offset = chance.oneOf(['+3653d', '-3653d', '-1h', '+40d', '-2d']) ?? '-1h';
  const fault = chance.oneOf(FAULTS);
  const times = chance.between(1, 8);
  const after = chance.below(2);
  const roomBytes = chance.between(0, 300_000);
  const sessionMs = chance.between(0, 2500);
  const nothing = { ...NO_TROUBLE, kind, isQuiet: false };
  world.tally.add('trouble', `${kind} in ${command}`);
  switch (kind) {
    case 'kill':
    case 'stop': {
      // Only pgbak hears of a stop.
      const fitting: Blow = kind === 'kill' ? blow : { ...blow, target: 'pgbak' };
      return { ...nothing, words: wordsOf(fitting), blow: fitting };
    }
    case 'clock':
      return { ...nothing, words: `the clock at ${offset}`, env: fakeClock(offset) };
    case 'service': {
      if (fault === undefined) break;
      // What comes damaged twice in the same way is not to be told from an archive that is damaged.
      const often = fault.action.kind === 'corrupt' ? 1 : times;
      world.b2.faults.add({ ...fault, times: often, after });
      const words = `${fault.endpoint}: ${JSON.stringify(fault.action)}, ${often} times after ${after}`;
      return { ...nothing, words, [Symbol.dispose]: () => world.b2.faults.clear() };
    }
    case 'sessions':
      return { ...nothing, words: `its sessions ended after ${sessionMs} ms`, ...endSessions(world, sessionMs) };
    case 'full':
      if (world.tinyDisk === undefined) break;
      return { ...nothing, words: 'a temporary disk of 160 KB', env: { PGBAK_TMPDIR: world.tinyDisk } };
    case 'full-there':
    case 'full-catalogue': {
      const disk = kind === 'full-there' ? world.directoryDisk : world.catalogDisk;
      if (disk === undefined) break;
      const filler = fill(disk, roomBytes);
      const whose = kind === 'full-there' ? 'directory' : 'catalogue';
      const words = `${roomBytes} bytes left on the disk of the ${whose}`;
      return { ...nothing, words, [Symbol.dispose]: () => rmSync(filler, { force: true }) };
    }
  }
  return NO_TROUBLE;
}

/** An administrator ends the sessions of pgbak, of which there may be none at that moment. */
function endSessions(world: World, afterMs: number): Disposable {
  const sql = `select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '${SOAK_ROLE}'`;
  const timer = setTimeout(() => {
    void world.cluster.sql('postgres', sql).then(
      (count) => world.tally.add('sessions', `ended, ${count === '0' ? 'none there' : 'some'}`),
      () => undefined,
    );
  }, afterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Fills a disk but for some room, with a file whose path it returns. */
function fill(disk: string, roomBytes: number): string {
  const path = `${disk}/filler`;
  const { bavail, bsize } = statfsSync(disk);
  const sizeBytes = Math.max(0, bavail * bsize - roomBytes);
  try {
    writeFileSync(path, Buffer.alloc(sizeBytes, 1));
  } catch {
    truncateSync(path, Math.max(0, sizeBytes - roomBytes - 65_536));
  }
  return path;
}
