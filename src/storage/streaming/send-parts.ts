import type { HashedPart, Part } from './parts.ts';

/** Parts of one archive that are sent at once, where the process has slots for them. */
export const PARTS_IN_FLIGHT = 4;

interface Sending {
  signal: AbortSignal;
  /** How many bytes of the part have been sent. */
  onProgress: (sentBytes: number) => void;
}

/** An upload in parts that a storage has begun. Nothing of it is visible before it is finished. */
export interface PartUpload<Stored> {
  /** Opens a function that sends one part after another. Each worker has its own. */
  openSender(): (part: Part | HashedPart, sending: Sending) => Promise<HashedPart>;
  /** Makes one object of the parts, in that order. */
  finish(parts: readonly HashedPart[]): Promise<Stored>;
  /** False where there was nothing to cancel, or that could not be found out. Never rejects. */
  cancel(): Promise<boolean>;
  /** The error for an upload that may have been finished although that failed. */
  doubt(error: unknown): Error;
}

interface Options extends Sending {
  onSending?: (part: Part) => void;
  onStored?: (part: HashedPart) => void;
}

/** Sends parts, several at once. The first failure ends them all. Returns them by their number. */
export async function sendParts(
  partsFor: (signal: AbortSignal) => AsyncGenerator<Part | HashedPart>,
  upload: PartUpload<unknown>,
  { signal, onProgress, onSending, onStored }: Options,
): Promise<HashedPart[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const sentBytes = new Map<number, number>();
  const sent: HashedPart[] = [];
  // A generator answers several callers in turn.
  const coming = partsFor(either);
  const work = async (): Promise<void> => {
    const send = upload.openSender();
    for (let next = await coming.next(); next.done !== true; next = await coming.next()) {
      const part = next.value;
      onSending?.(part);
      const stored = await send(part, {
        signal: either,
        onProgress: (bytes) => {
          sentBytes.set(part.number, bytes);
          onProgress([...sentBytes.values()].reduce((sum, one) => sum + one, 0));
        },
      });
      sent.push(stored);
      onStored?.(stored);
    }
  };
  const workers = Array.from({ length: PARTS_IN_FLIGHT }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  either.throwIfAborted();
  return sent.toSorted((a, b) => a.number - b.number);
}

/** Sends parts that are all known beforehand, and cancels the upload when it fails. */
export async function uploadInParts<Stored>(
  parts: readonly HashedPart[],
  upload: PartUpload<Stored>,
  options: Sending,
): Promise<Stored> {
  let isFinishing = false;
  try {
    const sent = await sendParts(() => inOrder(parts), upload, options);
    isFinishing = true;
    return await upload.finish(sent);
  } catch (error) {
    throw await cancelFailed(upload, error, isFinishing);
  }
}

async function* inOrder(parts: readonly HashedPart[]): AsyncGenerator<HashedPart> {
  for (const part of parts) yield await Promise.resolve(part);
}

/** Cancels an upload that failed. Returns its error, or the doubt whether it was finished all the same. */
export async function cancelFailed(
  upload: PartUpload<unknown>,
  error: unknown,
  isFinishing: boolean,
): Promise<unknown> {
  const isCancelled = await upload.cancel();
  return !isFinishing || isCancelled ? error : upload.doubt(error);
}
