import { setTimeout as sleep } from 'node:timers/promises';

/** How fast a test server takes uploads; without limit where nothing is set. */
export interface UploadRates {
  /** Of each connection. */
  uploadBytesPerSecond?: number;
  /** Of all uploads together. */
  totalUploadBytesPerSecond?: number;
}

/** Lets bytes through at a rate. */
export interface Throttle {
  /** Resolves when so many more bytes may have passed; nothing where they may at once. */
  pass(bytes: number): Promise<void> | undefined;
}

/** A line goes on carrying while its receiver is busy with something else, or has no processor: so much waits in buffers. */
const BUFFERED_MS = 50;
/** Each pause costs whoever is measured on the same machine some of its processor. */
const SHORTEST_PAUSE_MS = 20;

export function newThrottle(bytesPerSecond: number): Throttle {
  let passableAt = 0;
  return {
    pass: (bytes) => {
      const now = performance.now();
      passableAt = Math.max(passableAt, now - BUFFERED_MS) + (1000 * bytes) / bytesPerSecond;
      return passableAt - now > SHORTEST_PAUSE_MS ? sleep(passableAt - now) : undefined;
    },
  };
}

/** The same bytes, at the rate of each of the throttles. */
export async function* throttled(
  source: AsyncIterable<Buffer>,
  throttles: readonly Throttle[],
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    yield chunk;
    for (const throttle of throttles) await throttle.pass(chunk.length);
  }
}

/** The throttles of an upload: its own, and the line that it shares with all others. */
export function uploadThrottles({ uploadBytesPerSecond, totalUploadBytesPerSecond }: UploadRates): () => Throttle[] {
  const line = totalUploadBytesPerSecond === undefined ? [] : [newThrottle(totalUploadBytesPerSecond)];
  return () => (uploadBytesPerSecond === undefined ? line : [...line, newThrottle(uploadBytesPerSecond)]);
}
