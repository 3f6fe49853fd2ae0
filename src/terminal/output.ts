import { constants as fileConstants, fstatSync, readFileSync, statSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { errorCode, InterruptedError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { printable, printableJson, withoutPasswords } from '../core/printable.ts';
import { wrapLines } from './wrap.ts';

const DEFAULT_WIDTH = 80;
const DEFAULT_HEIGHT = 24;

let isMoreThanShown = false;
let isIncomplete = false;

/**
 * Guards standard output and standard error, before anything is written. When they are full, closed or gone, the work goes
 * on: a backup whose log cannot be written is still made, recorded and pinged. The exit status then tells that something
 * could not be printed.
 */
export function guardOutput(): void {
  guard(process.stdout, (code) => {
    // `pgbak list | head -1` has shown enough.
    if (code === 'EPIPE' && !isMoreThanShown) return;
    if (!isIncomplete) process.stderr.write(`pgbak: standard output could not be written: ${inWords(code)}\n`);
    isIncomplete = true;
  });
  guard(process.stderr, () => (isIncomplete = true));
  process.on('exit', () => {
    if (isIncomplete && Number(process.exitCode ?? 0) === 0) process.exitCode = 1;
  });
}

/** Prints a line for people on standard error. Makes text from outside harmless. */
export function tell(text: string): void {
  process.stderr.write(`${wrapped(printable(withoutPasswords(text)))}\n`);
}

/** Prints plain JSON. oclif would look for colors first, which takes longer than the rest of a short command. */
export function printJson(json: unknown): void {
  process.stdout.write(`${printableJson(JSON.stringify(json, undefined, 2))}\n`);
}

/** Prints warnings and notes on standard error: the `report` of commands that show no progress. */
export function tellEvent(event: RunEvent): void {
  if (event.type === 'warning') tell(`pgbak: ${event.message}`);
  if (event.type !== 'note') return;
  const { server, message } = event;
  tell(`pgbak: ${server === undefined ? '' : `${server}: `}${message}`);
}

/** Call in commands that do more than show something: a reader who leaves early misses what they did. */
export function expectReader(): void {
  isMoreThanShown = true;
}

function guard(stream: WriteStream & { fd: number }, onFailure: (code: string) => void): void {
  stream.on('error', (error) => onFailure(errorCode(error) ?? 'unknown error'));
  if (stream.isTTY) return keepSize(stream);
  // Node takes a short write to a file for a complete one.
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

/**
 * Whether standard output was closed when pgbak started, as by `>&-`. Node then opens /dev/null in its place, for reading and
 * writing, which no redirection of a shell does. Only Linux tells.
 */
export function isStdoutClosed(): boolean {
  try {
    if (fstatSync(process.stdout.fd).rdev !== statSync('/dev/null').rdev) return false;
    const [, flags = ''] =
      /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${process.stdout.fd}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & ACCESS_MODES) === fileConstants.O_RDWR;
  } catch {
    return false;
  }
}

const ACCESS_MODES = 3;

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
 * Gives a terminal without a size 80 columns and 24 rows. A pseudo-terminal of cron, CI or `docker -t` reports 0, and
 * libraries divide by the width.
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

/** The width of a terminal in columns; undefined for a file or a pipe. */
export function terminalWidth(stream: { isTTY?: boolean; columns?: number }): number | undefined {
  return stream.isTTY === true ? Math.max(sizeOr(DEFAULT_WIDTH, stream.columns), NARROWEST) : undefined;
}

/** Whether a line can be redrawn: on a terminal that can, and not in the log of a build. */
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

/** Notes that `DEBUG` was set. bin/run.js removes the variable, since packages that obey it would print secrets. */
export function showStacks(): void {
  isShown = true;
}

/** Whether to print the stack of a fault of pgbak. */
export function showsStacks(): boolean {
  return isShown;
}

/** A text for a stream, wrapped between words where that is a terminal. */
export function wrapped(text: string, stream: WriteStream = process.stderr): string {
  const width = terminalWidth(stream);
  return width === undefined ? text : wrapLines(text, width);
}

/** Whether a person sits at both ends, so that it makes sense to ask. */
export function canAsk(isJson: boolean): boolean {
  return !isJson && process.stdin.isTTY && process.stdout.isTTY;
}

/**
 * Translates the errors that Inquirer throws on ctrl-c and on a signal. They are known by name, because loading
 * Inquirer for its classes is not worth the time.
 */
export function closedPrompt(error: unknown): InterruptedError | undefined {
  const { name, cause } = Object(error);
  if (name === 'AbortPromptError' && cause instanceof InterruptedError) return cause;
  return name === 'ExitPromptError' ? new InterruptedError('SIGINT') : undefined;
}

export type Color = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** Whether a stream shows colors: a terminal that can, without NO_COLOR (https://no-color.org). */
function showsColors(stream: { isTTY?: boolean }): boolean {
  const { NO_COLOR: none, TERM: terminal } = process.env;
  return stream.isTTY === true && (none === undefined || none === '') && terminal !== 'dumb';
}

/** The text in a color, where stdout shows colors. */
export function paint(color: Color, text: string): string {
  if (!showsColors(process.stdout) || text === '') return printable(text);
  // Line by line, so that a table may cut between them.
  return text
    .split('\n')
    .map((line) => styleText(color, printable(line), { validateStream: false }))
    .join('\n');
}

/** The codes that `paint` writes. */
// oxlint-disable-next-line no-control-regex
const CODES = /(\u001B\[(?:1|2|22|31|32|33|39)m)/;

/** A text for stdout. Keeps the codes of `paint`, and makes every other control character visible. */
export function painted(text: string): string {
  if (!showsColors(process.stdout)) return printable(text);
  return text
    .split(CODES)
    .map((part) => (CODES.test(part) ? part : printable(part)))
    .join('');
}
