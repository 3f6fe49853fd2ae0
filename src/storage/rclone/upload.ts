import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { StorageError } from '../../core/errors.ts';
import { limitTo, reasonOf } from '../../system/clock.ts';
import { startProgram } from '../../system/programs.ts';
import type { ArchiveFile } from '../storage.ts';
import { givenUp } from './failure.ts';
import { judge, type RcloneClient } from './client.ts';

export interface Sent {
  sha1: string;
  sha256: string;
  md5: string;
}

/** Large: at memory speed each call counts. */
const READ_BYTES = 1 << 20;
/** After the last byte the remote may still put the parts of a large file together. */
const SETTLE_MS = 30 * 60_000;
const COUNT_EVERY = '--stats=500ms';

/**
 * Reads an archive to its end for its sums, and proves that it has the size that was promised.
 *
 * @throws StorageError where the file is shorter or longer
 */
export async function sumsOf(file: ArchiveFile, signal: AbortSignal): Promise<Sent> {
  const hashes = { sha1: createHash('sha1'), sha256: createHash('sha256'), md5: createHash('md5') };
  let readBytes = 0;
  await pipeline(
    createReadStream(file.path, { highWaterMark: READ_BYTES }),
    async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) {
        for (const hash of Object.values(hashes)) hash.update(chunk);
        readBytes += chunk.length;
      }
    },
    { signal },
  );
  if (readBytes !== file.sizeBytes) throw changed(file, readBytes);
  return { sha1: hashes.sha1.digest('hex'), sha256: hashes.sha256.digest('hex'), md5: hashes.md5.digest('hex') };
}

/** Proves that a file still has the size that was promised. */
export async function checkSameSize(file: ArchiveFile): Promise<void> {
  const { size } = await stat(file.path);
  if (size !== file.sizeBytes) throw changed(file, size);
}

function changed(file: ArchiveFile, sizeBytes: number): StorageError {
  return new StorageError(
    `the archive changed while it was stored: ${sizeBytes} instead of ${file.sizeBytes} bytes`,
    'Nothing was stored. Run again: pgbak run --force',
  );
}

interface UploadOptions {
  signal: AbortSignal;
  onProgress: (sentBytes: number) => void;
  /** rclone then does not compare itself: a remote may have to read the whole file for each question. */
  isComparedLater: boolean;
}

/**
 * Uploads a file to a name that nothing has yet (https://rclone.org/commands/rclone_copyto/). An upload in which nothing moves is
 * ended, and tried again as any trouble that may pass.
 */
export async function uploadFile(
  client: RcloneClient,
  file: ArchiveFile,
  target: string,
  { signal, onProgress, isComparedLater }: UploadOptions,
): Promise<void> {
  await client.retried(signal, async () => {
    using limit = limitTo(LONGEST_UPLOAD_MS, signal);
    const command = await client.command(
      ['copyto', '--no-check-dest', ...(isComparedLater ? ['--ignore-checksum'] : []), file.path, client.at(target)],
      limit.signal,
    );
    let sentBytes = -1;
    let movedAt = performance.now();
    const running = startProgram(
      { ...command, args: [...command.args, COUNT_EVERY, '--stats-log-level=NOTICE', '--use-json-log'] },
      {
        signal: limit.signal,
        onStderrLine: (line) => {
          const bytes = bytesIn(line);
          if (bytes === undefined || bytes <= sentBytes) return;
          sentBytes = bytes;
          movedAt = performance.now();
          onProgress(Math.min(bytes, file.sizeBytes));
        },
      },
    );
    let isStalled = false;
    const watch = setInterval(
      () => {
        const limitMs = sentBytes >= file.sizeBytes ? SETTLE_MS : client.idleMs;
        if (performance.now() - movedAt <= limitMs || isStalled) return;
        isStalled = true;
        void running.stop();
      },
      Math.min(1000, client.idleMs / 4),
    );
    try {
      const ending = await running.ended;
      if (signal.aborted) throw reasonOf(signal);
      if (isStalled) throw givenUp(`nothing moved for ${client.idleMs / 1000} seconds`);
      judge(ending);
    } finally {
      clearInterval(watch);
    }
  });
}

/** setTimeout's limit, 24 days. */
const LONGEST_UPLOAD_MS = 2_147_483_000;

/** The bytes that a line of statistics tells of. */
function bytesIn(line: string): number | undefined {
  const bytes = line.startsWith('{') ? /"stats":\{"bytes":(\d+)/.exec(line)?.[1] : undefined;
  return bytes === undefined ? undefined : Number(bytes);
}
