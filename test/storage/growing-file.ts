import { closeSync, openSync, writeSync } from 'node:fs';
import type { PutOptions } from '../../src/storage/storage.ts';

/** A file that is written as 7-Zip writes one: in order, and its first 32 bytes at the end. */
export function growingFile(path: string, content: Buffer) {
  const file = openSync(path, 'w');
  let settle: {
    resolve: (value: { sizeBytes: number; info: PutOptions['info'] }) => void;
    reject: (reason: unknown) => void;
  };
  const whole = new Promise<{ sizeBytes: number; info: PutOptions['info'] }>((resolve, reject) => {
    settle = { resolve, reject };
  });
  whole.catch(() => {});
  let written = 0;
  return {
    file: { path, whole },
    write: (upTo: number) => {
      const piece = Buffer.from(content.subarray(written, upTo));
      if (written === 0) piece.fill(0, 0, 32);
      writeSync(file, piece, 0, piece.length, written);
      written = upTo;
    },
    change: (at: number) => writeSync(file, Buffer.from([255 - (content[at] ?? 0)]), 0, 1, at),
    finish: () => {
      writeSync(file, content, written, content.length - written, written);
      writeSync(file, content, 0, 32, 0);
      closeSync(file);
      settle.resolve({ sizeBytes: content.length, info: { 'pgbak-raw-size': '7' } });
    },
    fail: (reason: unknown) => settle.reject(reason),
  };
}
