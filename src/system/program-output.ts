import { isUtf8 } from 'node:buffer';
import { Secret } from '../core/secret.ts';

const TAIL_CHARACTERS = 8192;
const LONGEST_KEPT_LINE = 4096;
const LONGEST_LINE = 1_000_000;

export interface Lines {
  write(chunk: Buffer): void;
  /** The last lines, at most 8 KB, including an unfinished one, as `clean` left them. */
  tail(): string;
  /** The same lines as they were written. */
  rawTail(): Secret;
}

/**
 * Splits a program's stderr into lines, and keeps only the last ones, cleaned and as they are: a program may write gigabytes
 * there. Backspaces and carriage returns, with which progress displays rewrite a line, end a line too.
 */
export function keepLines(clean: (line: string) => string, onLine?: (line: string) => void): Lines {
  const decoder = new TextDecoder();
  let unfinished = '';
  const kept: { line: string; cleaned: string }[] = [];
  let keptCharacters = 0;

  const keep = (line: string) => {
    // Cut only after cleaning: half a secret would not be recognized.
    const cleaned = clean(line).slice(0, LONGEST_KEPT_LINE);
    onLine?.(line);
    kept.push({ line: line.length > LONGEST_KEPT_LINE ? cleaned : line, cleaned });
    keptCharacters += cleaned.length + 1;
    while (keptCharacters > TAIL_CHARACTERS && kept.length > 1)
      keptCharacters -= (kept.shift()?.cleaned.length ?? 0) + 1;
  };

  const last = () => (unfinished.trim() === '' ? [] : [unfinished]);

  return {
    write: (chunk) => {
      const parts = (unfinished + decoder.decode(chunk, { stream: true })).split(/[\n\r\b]+/);
      unfinished = parts.pop() ?? '';
      if (unfinished.length > LONGEST_LINE) unfinished = '';
      for (const line of parts) if (line.trim() !== '') keep(line);
    },
    tail: () => [...kept.map(({ cleaned }) => cleaned), ...last().map((line) => clean(line))].join('\n'),
    rawTail: () => new Secret([...kept.map(({ line }) => line), ...last()].join('\n')),
  };
}

/*
 * Programs hand on texts whose encoding they do not know, such as a role's name in Latin-1. These strings keep every byte: a byte
 * outside well-formed UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, and the same byte again on its way out. Python calls
 * this "surrogateescape" (https://peps.python.org/pep-0383/).
 */

const ESCAPE = 0xdc_00;

/** Turns bytes in any encoding into a string, from which `bytesOf` makes the same bytes. */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      parts.push(bytes.toString('utf8', start, at), String.fromCharCode(ESCAPE + (bytes[at] ?? 0)));
      start = at + 1;
    }
    at += Math.max(length, 1);
  }
  return parts.join('') + bytes.toString('utf8', start);
}

/** The bytes from which `textOf` made this string; for any other string its UTF-8. */
export function bytesOf(text: string): Buffer {
  // With the flag `u` only lone surrogates match.
  const parts = text.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.of(part.charCodeAt(0) - ESCAPE))),
  );
}

/** The length in bytes of the well-formed sequence at `at` (RFC 3629, section 4); 0 for none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
