import { fstatSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { WriteStream } from 'node:tty';
import { errorCode } from '../core/errors.ts';
import { printable, withoutPasswords } from '../core/printable.ts';

const DEFAULT_WIDTH = 80;
const DEFAULT_HEIGHT = 24;

let isMoreThanShown = false;
let isIncomplete = false;

/**
 * Makes standard output and standard error harmless, before anything is written. Neither of them full, closed or gone
 * ends the work: a backup whose log cannot be written is made, recorded and pinged all the same. At the end the exit
 * status says that something could not be printed.
 */
export function guardOutput(): void {
  guard(process.stdout, (code) => {
    // `pgbak list | head -1` has shown what was wanted, as any program of Unix would.
    if (code === 'EPIPE' && !isMoreThanShown) return;
    if (!isIncomplete) process.stderr.write(`pgbak: standard output could not be written: ${inWords(code)}\n`);
    isIncomplete = true;
  });
  guard(process.stderr, () => (isIncomplete = true));
  process.on('exit', () => {
    if (isIncomplete && Number(process.exitCode ?? 0) === 0) process.exitCode = 1;
  });
}

/** A line for people on standard error. Names and messages in it may come from outside. */
export function tell(text: string): void {
  process.stderr.write(`${printable(withoutPasswords(text))}\n`);
}

/** The same of an event that is worth knowing. */
export function tellNote({ server, message }: { server?: string; message: string }): void {
  tell(`pgbak: ${server === undefined ? '' : `${server}: `}${message}`);
}

/** Called by commands that do more than show something: a reader that goes away has missed what they did. */
export function expectReader(): void {
  isMoreThanShown = true;
}

function guard(stream: WriteStream & { fd: number }, onFailure: (code: string) => void): void {
  stream.on('error', (error) => onFailure(errorCode(error) ?? 'unknown error'));
  if (stream.isTTY) return keepSize(stream);
  // Node writes to a file once, however little of it the disk took, and counts that as all.
  if (isFile(stream.fd)) {
    stream._write = (chunk: string | Uint8Array, encoding, callback) => {
      try {
        writeAll(stream.fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      callback();
    };
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
}

/**
 * A terminal that tells no size (a pseudo-terminal of cron, CI or `docker -t` has 0 columns and rows) counts as one of
 * 80 by 24: what draws on it divides by its width.
 */
function keepSize(stream: WriteStream): void {
  const real = { columns: stream.columns, rows: stream.rows };
  const known = { columns: DEFAULT_WIDTH, rows: DEFAULT_HEIGHT };
  for (const name of ['columns', 'rows'] as const) {
    Object.defineProperty(stream, name, {
      enumerable: true,
      get: () => sizeOr(known[name], real[name]),
      // Node sets them anew whenever the window is resized.
      set: (size: number) => {
        real[name] = size;
      },
    });
  }
  stream.getWindowSize = () => [stream.columns, stream.rows];
}

function sizeOr(byDefault: number, size: number | undefined): number {
  return size !== undefined && size > 1 ? size : byDefault;
}

const NARROWEST = 20;

/** How many letters a line of a stream may have that is a terminal; undefined for a file or a pipe. */
export function terminalWidth(stream: { isTTY?: boolean; columns?: number }): number | undefined {
  return stream.isTTY === true ? Math.max(sizeOr(DEFAULT_WIDTH, stream.columns), NARROWEST) : undefined;
}

/** Whether a line can be drawn again and again there: a terminal that knows how, and no log of a build. */
export function isLive(stream: { isTTY?: boolean }): boolean {
  const { CI: build, TERM: terminal } = process.env;
  const isBuild = build !== undefined && !['', '0', 'false'].includes(build);
  return stream.isTTY === true && terminal !== 'dumb' && !isBuild;
}

const WORDS: Readonly<Record<string, string>> = {
  EPIPE: 'what reads it has ended',
  ENOSPC: 'no space is left there',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the terminal or disk is gone',
};

function inWords(code: string): string {
  const words = WORDS[code];
  return words === undefined || !(code in constants.errno) ? code : `${words} (${code})`;
}

let isShown = false;

/** `DEBUG` was set. The variable itself is gone by then: packages that obey it print what they are given. */
export function showStacks(): void {
  isShown = true;
}

/** Whether a fault of pgbak is printed with the place where it happened. */
export function showsStacks(): boolean {
  return isShown;
}

/** A text for stderr, broken between words where that is a terminal; as it is for everybody else. */
export async function wrapped(text: string): Promise<string> {
  const width = terminalWidth(process.stderr);
  if (width === undefined) return text;
  const { wrapAnsi } = await import('fast-wrap-ansi');
  return wrapAnsi(text, width, { hard: true });
}
