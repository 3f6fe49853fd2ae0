import { systemClock } from '../../system/clock.ts';
import { READ_BYTES } from './parts.ts';

/** Lets bytes pass at a steady rate, for all uploads to one destination together. */
export interface RateLimit {
  /** Pieces of this size keep a connection from falling silent. */
  pieceBytes: number;
  /** Resolves when so many bytes may go; rejects with the signal's reason. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

const LEAST_PIECE_BYTES = 1024;
const PIECES_PER_SECOND = 8;

export function createRateLimit(bytesPerSecond: number): RateLimit {
  let freeAtMs = 0;
  return {
    pieceBytes: Math.min(READ_BYTES, Math.max(LEAST_PIECE_BYTES, Math.floor(bytesPerSecond / PIECES_PER_SECOND))),
    take: async (bytes, signal) => {
      const nowMs = performance.now();
      const beginMs = Math.max(nowMs, freeAtMs);
      freeAtMs = beginMs + (bytes / bytesPerSecond) * 1000;
      if (beginMs > nowMs) await systemClock.sleep(beginMs - nowMs, signal);
    },
  };
}

/** One limit for each place and rate, however often its storage is opened; undefined without a rate. */
export function createRateLimits(): (place: string, bytesPerSecond: number | undefined) => RateLimit | undefined {
  const made = new Map<string, RateLimit>();
  return (place, bytesPerSecond) => {
    if (bytesPerSecond === undefined) return undefined;
    const key = `${bytesPerSecond} ${place}`;
    const limit = made.get(key) ?? createRateLimit(bytesPerSecond);
    made.set(key, limit);
    return limit;
  };
}
