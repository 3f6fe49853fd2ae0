import { ConfigError } from './errors.ts';

/** How an archive is compressed. */
export type Compression =
  /** 1 (fast) to 9 (small). */
  | { method: 'lzma2'; level: number }
  /** 1 (fast) to 19 (small). zstd compresses; 7-Zip only wraps and encrypts the result. */
  | { method: 'zstd'; level: number }
  | { method: 'ppmd' }
  | { method: 'none' };

/** Reads `lzma2:1` to `lzma2:9`, `zstd:1` to `zstd:19`, `ppmd`, `none`; throws a `ConfigError` that lists them. */
export function parseCompression(text: string): Compression {
  const compression = compressionOf(text);
  if (compression !== undefined) return compression;
  throw new ConfigError(
    'the compression is not known',
    'Use lzma2:1 (fast) to lzma2:9 (small), zstd:1 (very fast) to zstd:19, ppmd, or none.',
  );
}

/** Whether pgbak could have recorded this with an archive. */
export function isCompression(text: string): boolean {
  return compressionOf(text) !== undefined;
}

function compressionOf(text: string): Compression | undefined {
  const lzma2 = /^lzma2:([1-9])$/.exec(text)?.[1];
  if (lzma2 !== undefined) return { method: 'lzma2', level: Number(lzma2) };
  const zstd = /^zstd:([1-9]|1\d)$/.exec(text)?.[1];
  if (zstd !== undefined) return { method: 'zstd', level: Number(zstd) };
  if (text === 'ppmd' || text === 'none') return { method: text };
  return undefined;
}
