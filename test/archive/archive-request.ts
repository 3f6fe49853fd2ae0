import type { WriteArchiveRequest } from '../../src/archive/write-archive.ts';
import { ProgramError } from '../../src/core/errors.ts';
import { installedSevenZip, plainEnvironment } from '../support/seven-zip.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

/** A request to archive what a shell script prints. */
export async function archiveRequest(
  folder: TemporaryFolder,
  script: string,
  changes: Partial<WriteArchiveRequest> = {},
): Promise<WriteArchiveRequest> {
  return {
    sevenZip: await installedSevenZip(),
    environment: plainEnvironment,
    source: { name: 'the source', file: '/bin/sh', args: ['-c', script], env: plainEnvironment },
    explainSource: ({ exitCode, signal }) => new ProgramError(`the source failed: ${exitCode ?? signal}`),
    entryName: 'shop.sql',
    expectedStart: '',
    archivePath: folder.at('archive.7z'),
    compression: { method: 'lzma2', level: 1 },
    limits: { totalMs: 60_000, idleMs: 60_000 },
    signal: new AbortController().signal,
    ...changes,
  };
}
