import { ConfigError } from '../errors.ts';

/** How an archive is compressed. */
export interface Compression {
  method: 'lzma2';
  /** 1 (fast) to 9 (small). */
  level: number;
}

/** Reads `lzma2:1` to `lzma2:9`; throws a `ConfigError` that lists what is allowed. */
export function parseCompression(text: string): Compression {
  const level = /^lzma2:([1-9])$/.exec(text)?.[1];
  if (level === undefined) {
    throw new ConfigError(`compression "${text}" is not known`, 'Use lzma2:1 (fast) to lzma2:9 (small).');
  }
  return { method: 'lzma2', level: Number(level) };
}
