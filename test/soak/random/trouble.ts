import { rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { fakeClock } from '../../support/fake-clock.ts';
import type { Fault } from '../../support/b2-server/faults.ts';
import type { Chance } from './chance.ts';
import type { Blow } from './start.ts';
import type { World } from './world.ts';

/** What goes wrong while a command runs. */
export interface Trouble extends Disposable {
  /** For the list of actions. */
  words: string;
  env: Record<string, string>;
  blow: Blow | undefined;
  /** Whether the command must do its work all the same. */
  isQuiet: boolean;
}

export const NO_TROUBLE: Trouble = {
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

const KINDS = ['none', 'none', 'kill', 'kill', 'kill', 'stop', 'clock', 'service', 'service', 'full', 'full there'];

/** One kind of trouble, or none; what it needs is undone when it is disposed. */
export function troubleFor(world: World, chance: Chance): Trouble {
  // All are drawn every time, so that the next draw of this step does not depend on what was chosen.
  const kind = chance.oneOf(KINDS);
  const afterMs = chance.between(50, 4500);
  const whichOf1 = chance.onceIn(2) ? 0 : chance.between(1, 999) / 1000;
  const offset = chance.oneOf(['+3653d', '-3653d', '-1h', '+40d', '-2d']) ?? '-1h';
  const fault = chance.oneOf(FAULTS);
  const times = chance.between(1, 8);
  const after = chance.below(2);
  const roomBytes = chance.between(0, 300_000);
  const nothing = { ...NO_TROUBLE, isQuiet: false };
  switch (kind) {
    case 'kill':
    case 'stop': {
      const signal = kind === 'kill' ? 'SIGKILL' : 'SIGTERM';
      const which = whichOf1 === 0 ? 'pgbak' : 'one of its children';
      return { ...nothing, words: `${signal} to ${which} after ${afterMs} ms`, blow: { signal, afterMs, whichOf1 } };
    }
    case 'clock':
      return { ...nothing, words: `the clock at ${offset}`, env: fakeClock(offset) };
    case 'service': {
      if (fault === undefined) break;
      world.b2.faults.add({ ...fault, times, after });
      const words = `${fault.endpoint}: ${JSON.stringify(fault.action)}, ${times} times after ${after}`;
      return { ...nothing, words, [Symbol.dispose]: () => world.b2.faults.clear() };
    }
    case 'full':
      if (world.tinyDisk === undefined) break;
      return { ...nothing, words: 'a temporary disk of 160 KB', env: { PGBAK_TMPDIR: world.tinyDisk } };
    case 'full there': {
      if (world.directoryDisk === undefined) break;
      const filler = fill(world.directoryDisk, roomBytes);
      const words = `${roomBytes} bytes left on the disk of the directory`;
      return { ...nothing, words, [Symbol.dispose]: () => rmSync(filler) };
    }
    case 'none':
    case undefined:
  }
  return NO_TROUBLE;
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
