import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARIES = '/usr/lib';

/**
 * Variables with which a process believes that it is `offset` from now, as libfaketime writes that: `+3650d`, `-1h`. Its
 * timers run on as they would.
 */
export function fakeClock(offset: string): Record<string, string> {
  const library = readdirSync(LIBRARIES)
    .map((folder) => join(LIBRARIES, folder, 'faketime'))
    .flatMap((folder) => librariesIn(folder))[0];
  if (library === undefined) throw new Error('libfaketime is missing: apt install faketime');
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
}

function librariesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith('libfaketimeMT'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
