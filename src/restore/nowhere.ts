import { Writable } from 'node:stream';

/** Takes everything and keeps nothing: for what only has to be read to its end. */
export function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
