import type { Checksum } from '../../core/backup-record.ts';
import { PATIENT_ATTEMPTS } from '../retry.ts';
import type { GrowingFile, PutOptions } from '../storage.ts';
import { watchDisk, type DiskWatch } from './disk-watch.ts';
import { hashParts, partsOf, provenChecksum, untilItHas, type Part } from './parts.ts';
import { cancelFailed, sendParts, type PartUpload } from './send-parts.ts';
import { nextState, START, type UploadEvent, type UploadState } from './upload-state.ts';

/** What a storage that takes parts does for the upload of one archive. */
export interface PartsTarget<Stored extends object> {
  /** An archive of up to this size is sent in one piece. */
  smallBytes: number;
  minimumPartBytes: number;
  /** How often a request is tried while the archive could still be sent in another way. */
  attempts: number;
  begin(signal: AbortSignal, attempts: () => number): Promise<PartUpload<Stored>>;
  /** Cancels unfinished uploads of this name whose ids are not known. Rejects only when interrupted. */
  sweep(): Promise<void>;
  /** Stores the complete file. */
  putWhole(sizeBytes: number, info: PutOptions['info']): Promise<Stored & Checksum>;
  /** Whether no other attempt can do better: the storage refuses, or may have stored the archive. */
  isFinal(error: unknown): boolean;
  /** Why parts failed, in words; undefined for an error that ends the upload anyhow. */
  explain(error: unknown): string | undefined;
}

/**
 * Uploads an archive while it is written, by the states of `upload-state.ts`. Rejects with the file's own reason when
 * nothing comes of it.
 */
export async function streamUpload<Stored extends object>(
  file: GrowingFile,
  target: PartsTarget<Stored>,
  { signal, onProgress, onTrouble }: Pick<PutOptions, 'signal' | 'onProgress' | 'onTrouble'>,
): Promise<Stored & Checksum> {
  let state: UploadState = START;
  const on = (event: UploadEvent): UploadState => (state = nextState(state, event));
  const abandoned = new AbortController();
  file.whole.then(
    () => on('complete'),
    (error: unknown) => {
      on('failed');
      abandoned.abort(error);
    },
  );
  const ending = AbortSignal.any([signal, abandoned.signal]);
  const { isAll } = await untilItHas(file, target.smallBytes + 1, signal);
  if (on(isAll ? 'small' : 'large').phase === 'streaming') {
    const stored = await sendWhileItGrows();
    if (stored !== undefined) return stored;
  }
  const { sizeBytes, info } = await file.whole;
  const stored = await target.putWhole(sizeBytes, info);
  on('stored');
  return stored;

  /** Undefined where the complete file must be sent instead. */
  async function sendWhileItGrows(): Promise<(Stored & Checksum) | undefined> {
    const room = await file.room?.();
    /** Numbers of the parts on their way; 0 until the first are asked for. */
    const underWay = new Set([0]);
    let isTold = false;
    const pause = (isHeld: boolean) => {
      // Repeated while the pause lasts, told once when it is over.
      if (isHeld || isTold) room?.hold(isHeld);
      isTold = isHeld;
    };
    await using watch = watchDisk(file.path, room, (event) => {
      // With nothing on its way, the next part needs the writer.
      const { isPaused } = on(event === 'disk full' && underWay.size === 0 ? 'disk free' : event);
      pause(isPaused);
    });
    await target.sweep();
    try {
      while (state.phase === 'streaming') {
        const outcome = await sendOnce(watch, underWay, pause);
        if ('stored' in outcome) return outcome.stored;
        const { error } = outcome;
        ending.throwIfAborted();
        if (on(target.isFinal(error) ? 'refused' : 'cancelled').phase === 'given up') {
          await watch.end();
          // The upload failed for good, so the archive need not grow any more.
          pause(true);
          throw error;
        }
        tellTrouble(error);
      }
      await watch.end();
      pause(false);
      return undefined;
    } finally {
      if (!signal.aborted) await target.sweep();
    }
  }

  /** Sends all parts from the first one on, and makes an object of them. */
  async function sendOnce(
    watch: DiskWatch,
    underWay: Set<number>,
    pause: (isHeld: boolean) => void,
  ): Promise<{ stored: Stored & Checksum } | { error: unknown }> {
    let upload: PartUpload<Stored> | undefined;
    let readAgain: ReturnType<typeof hashParts> | undefined;
    const parts = async function* (partsSignal: AbortSignal): AsyncGenerator<Part> {
      underWay.clear();
      yield* partsOf(file, target.minimumPartBytes, partsSignal, (planned) => {
        // While the last parts are sent.
        const there = planned.filter((part) => watch.isThere(part));
        readAgain = hashParts(there, partsSignal);
        readAgain.catch(() => {});
      });
    };
    try {
      upload = await target.begin(ending, () => (state.hasReleased ? PATIENT_ATTEMPTS : target.attempts));
      const sent = await sendParts(parts, upload, {
        signal: ending,
        onProgress: onProgress ?? (() => {}),
        onSending: ({ number }) => underWay.add(number),
        onStored: (part) => {
          underWay.delete(part.number);
          watch.mayRelease(part);
        },
      });
      await watch.end();
      pause(false);
      const checksum = provenChecksum(sent, await readAgain, (part) => watch.isThere(part));
      on('proved');
      const object = await upload.finish(sent);
      on('stored');
      return { stored: { ...object, ...checksum } };
    } catch (error) {
      const isFinishing = state.phase === 'finishing';
      on('parts failed');
      watch.keepAll();
      underWay.clear();
      underWay.add(0);
      return { error: upload === undefined ? error : await cancelFailed(upload, error, isFinishing) };
    } finally {
      await readAgain?.catch(() => {});
    }
  }

  function tellTrouble(error: unknown): void {
    const reason = target.explain(error);
    if (reason === undefined) return;
    const next =
      state.phase === 'streaming' || state.isComplete
        ? 'the upload starts again from the beginning'
        : 'the archive is uploaded once it is complete, and all of it has to fit into the temporary directory';
    onTrouble?.(`${reason}; ${next}`);
  }
}
