import { bundledSevenZip, findSevenZip, type SevenZip } from '../../src/archive/seven-zip.ts';

/** The 7-Zip of the machine, or the bundled one. */
export function installedSevenZip(): Promise<SevenZip> {
  return findSevenZip({
    override: undefined,
    searchPath: process.env['PATH'] ?? '',
    bundled: bundledSevenZip,
    signal: new AbortController().signal,
  });
}

/** What a program needs of the environment in a test. */
export const plainEnvironment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
