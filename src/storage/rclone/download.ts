import { Readable } from 'node:stream';
import { StorageError } from '../../core/errors.ts';
import { limitTo, reasonOf } from '../../system/clock.ts';
import { startProgram } from '../../system/programs.ts';
import { pauseMs } from '../retry.ts';
import { judge, type RcloneClient } from './client.ts';
import { givenUp, RcloneFailure, rcloneError } from './failure.ts';
import { statAt } from './questions.ts';

const ATTEMPTS_WITHOUT_A_BYTE = 6;

/**
 * Opens a file as a stream of its bytes, which goes on where rclone broke off (`--offset`,
 * https://rclone.org/commands/rclone_cat/). It fails at its end where the length differs from what the remote tells.
 */
export async function openDownload(client: RcloneClient, file: string, signal: AbortSignal): Promise<Readable> {
  const stored = await statAt(client, file, signal);
  if (stored === undefined || stored.isDirectory) {
    throw new StorageError(
      `cannot read ${client.at(file)}: it is not there`,
      'To see what is there: pgbak backups --remote',
    );
  }
  return Readable.from(bytesOf(client, file, stored.sizeBytes, signal), { objectMode: false });
}

async function* bytesOf(
  client: RcloneClient,
  file: string,
  sizeBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let receivedBytes = 0;
  for (let failures = 0; receivedBytes < sizeBytes;) {
    try {
      for await (const chunk of oneRun(client, file, receivedBytes, signal)) {
        failures = 0;
        receivedBytes += chunk.length;
        if (receivedBytes > sizeBytes) throw damaged(client, file, receivedBytes, sizeBytes);
        yield chunk;
      }
      // rclone is content, and yet bytes are missing.
      if (receivedBytes < sizeBytes) failures += 1;
      if (failures === ATTEMPTS_WITHOUT_A_BYTE) throw damaged(client, file, receivedBytes, sizeBytes);
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      const isFinal = !(error instanceof RcloneFailure) || error.isMissing || failures >= attempts(client);
      if (isFinal) throw rcloneError(error, `download all of ${client.at(file)}`, client.remote);
    }
    if (receivedBytes < sizeBytes && failures > 0) await client.clock.sleep(pauseMs(failures, undefined), signal);
  }
}

function attempts(client: RcloneClient): number {
  return Math.max(2, Math.min(client.attempts, ATTEMPTS_WITHOUT_A_BYTE));
}

function damaged(client: RcloneClient, file: string, receivedBytes: number, sizeBytes: number): StorageError {
  return new StorageError(
    `${client.at(file)} came damaged: ${receivedBytes} of ${sizeBytes} bytes came`,
    'Try again. If it is the same then, the archive is damaged where it is stored: restore an older one.',
  );
}

/** The bytes from one process, which ends with this generator. */
async function* oneRun(
  client: RcloneClient,
  file: string,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const command = await client.command(
    ['cat', ...(offset === 0 ? [] : [`--offset=${offset}`]), client.at(file)],
    signal,
  );
  const running = startProgram(command, { stdout: 'pipe', signal });
  let isStalled = false;
  try {
    const chunks = running.stdout?.[Symbol.asyncIterator]();
    const next = async () => {
      // Only the wait for rclone counts: the reader may take its time.
      using limit = limitTo(client.idleMs);
      limit.signal.addEventListener('abort', () => {
        isStalled = limit.isOver();
        void running.stop();
      });
      // A program that was ended leaves a broken stream; its ending says more.
      const result: IteratorResult<unknown> | undefined = await chunks?.next().catch(() => undefined);
      return result?.value;
    };
    for (let chunk = await next(); Buffer.isBuffer(chunk); chunk = await next()) yield chunk;
    const ending = await running.ended;
    if (signal.aborted) throw reasonOf(signal);
    if (isStalled) throw givenUp(`nothing came for ${client.idleMs / 1000} seconds`);
    judge(ending);
  } finally {
    await running.stop();
  }
}
