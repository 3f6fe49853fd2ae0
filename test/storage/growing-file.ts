import { closeSync, openSync, writeSync } from 'node:fs';
import type { PutOptions } from '../../src/storage/storage.ts';
import { deferred } from '../../src/storage/streaming/begin-upload.ts';

/** A file that is written as 7-Zip writes one: in order, and its first 32 bytes at the end. */
export function growingFile(path: string, content: Buffer) {
  const file = openSync(path, 'w');
  const size = deferred<number>();
  const judgment = deferred<{ sizeBytes: number; info: PutOptions['info'] }>();
  let written = 0;
  const writeAll = () => {
    writeSync(file, content, written, content.length - written, written);
    writeSync(file, content, 0, 32, 0);
    closeSync(file);
    size.resolve(content.length);
  };
  const judge = () => judgment.resolve({ sizeBytes: content.length, info: { 'pgbak-raw-size': '7' } });
  return {
    file: { path, written: size.promise, whole: judgment.promise },
    write: (upTo: number) => {
      const piece = Buffer.from(content.subarray(written, upTo));
      if (written === 0) piece.fill(0, 0, 32);
      writeSync(file, piece, 0, piece.length, written);
      written = upTo;
    },
    change: (at: number) => writeSync(file, Buffer.from([255 - (content[at] ?? 0)]), 0, 1, at),
    writeAll,
    judge,
    finish: () => {
      writeAll();
      judge();
    },
    fail: (reason: unknown) => {
      size.reject(reason);
      judgment.reject(reason);
    },
  };
}
