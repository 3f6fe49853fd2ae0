import type { Checksum, Sums } from '../../core/backup-record.ts';
import { DoubtfulUploadError, RefusedError, StorageError } from '../../core/errors.ts';
import type { FileVersion } from './answers.ts';
import { B2Failure } from './failure.ts';
import { uploadInParts, type Part } from './large-file.ts';
import type { B2Upload } from './upload.ts';
import { type HashedSlice, hashSlices, partsOf } from '../streaming/parts.ts';
import type { GrowingTail } from '../streaming/growing-tail.ts';
import { PATIENT_ATTEMPTS } from '../retry.ts';
import type { GrowingFile } from '../storage.ts';

/** So often parts are begun anew while their dump goes on; after that the whole has to do, which nothing keeps small. */
const BEGINNINGS = 5;

/**
 * Uploads a file in parts while it is written. Its first part, to which 7-Zip returns at the very end, goes last. Before
 * they become a file it is proved that what was sent is what is on the disk now, as far as it is there still. Returns
 * undefined when that did not succeed, but somebody may begin anew with all of the file once it is whole.
 */
export async function uploadGrowing(
  file: GrowingFile,
  minimumPartBytes: number,
  tail: GrowingTail,
  upload: B2Upload,
): Promise<(FileVersion & Checksum) | undefined> {
  const nothingComes = new AbortController();
  let isWhole = false;
  file.whole.then(
    () => (isWhole = true),
    (error: unknown) => nothingComes.abort(error),
  );
  const attempts = () => (tail.hasReleased() ? PATIENT_ATTEMPTS : upload.attempts());
  for (let begun = 1; ; begun += 1) {
    try {
      return await uploadOnce(file, minimumPartBytes, tail, nothingComes.signal, { ...upload, attempts });
    } catch (error) {
      upload.signal.throwIfAborted();
      nothingComes.signal.throwIfAborted();
      const isLost = tail.hasReleased() || isFinal(error);
      const isAgain = !isLost && !isWhole && begun < BEGINNINGS;
      if (!isLost) upload.onTrouble(error, isAgain || isWhole);
      if (isAgain) continue;
      await tail.close(!isLost);
      if (isLost) throw error;
      return undefined;
    }
  }
}

async function uploadOnce(
  file: GrowingFile,
  minimumPartBytes: number,
  tail: GrowingTail,
  nothingComes: AbortSignal,
  upload: B2Upload,
): Promise<FileVersion & Checksum> {
  let readAgain: ReturnType<typeof hashSlices> | undefined;
  let checksum: Checksum = { partSums: [] };
  try {
    const version = await uploadInParts(
      {
        parts: (signal) =>
          announced(
            partsOf(file, minimumPartBytes, signal, (slices) => {
              // While the last parts go up.
              const there = slices.filter((slice) => tail.isThere(slice));
              readAgain = hashSlices(there, signal);
              readAgain.catch(() => {});
            }),
            tail,
          ),
        nothingComes,
        // So that no more is given back while it is judged what comes next.
        onGivenUp: () => tail.beginAnew(),
        onStored: ({ slice }) => tail.sent(slice),
        check: async (stored) => {
          await tail.close(true);
          checksum = provenChecksum(
            stored.map(({ slice }) => slice),
            await readAgain,
            tail,
          );
        },
      },
      upload,
    );
    return { ...version, ...checksum };
  } finally {
    await readAgain?.catch(() => {});
  }
}

async function* announced(parts: AsyncGenerator<Part>, tail: GrowingTail): AsyncGenerator<Part> {
  tail.sent();
  for await (const part of parts) {
    tail.sending();
    yield part;
  }
}

/** Who may not store parts, or no more of them, may not store the whole either. */
function isFinal(error: unknown): boolean {
  if (error instanceof RefusedError || error instanceof DoubtfulUploadError) return true;
  return error instanceof B2Failure && (error.status === 401 || error.status === 403);
}

/** The checksum of what was sent. Throws a `StorageError` where what is on the disk, read again, is something else. */
export function provenChecksum(
  sent: readonly HashedSlice[],
  onDisk: (Sums & { slices: readonly HashedSlice[] }) | undefined,
  tail: Pick<GrowingTail, 'isThere'>,
): Checksum {
  const sums = new Map(onDisk?.slices.map(({ startByte, sha1 }) => [startByte, sha1]));
  // What was given back while it was read again is no proof of anything.
  const there = sent.filter((slice) => tail.isThere(slice));
  const changed = there.find(({ startByte, sha1 }) => sums.get(startByte) !== sha1);
  if (changed !== undefined) {
    throw new StorageError(`the archive changed at byte ${changed.startByte} after that had been uploaded`);
  }
  if (onDisk !== undefined && there.length === sent.length) return { sha1: onDisk.sha1, sha256: onDisk.sha256 };
  return {
    partSums: sent.map(({ sizeBytes, sha1, sha256 }) => ({
      sizeBytes,
      sha1,
      ...(sha256 === undefined ? {} : { sha256 }),
    })),
  };
}
