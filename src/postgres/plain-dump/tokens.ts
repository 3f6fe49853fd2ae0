/**
 * The tokens of SQL as psql reads them (src/fe_utils/psqlscan.l of PostgreSQL). A token is `odd` where versions of psql
 * differ, or psql differs from the server. pg_dump writes no such token.
 */
type Token =
  | { kind: 'space' | 'comment' | 'word' | 'number' | 'sign' | 'backslash'; end: number }
  | { kind: 'colon'; end: number; mayBeVariable: boolean }
  | { kind: 'quote'; end: number; quote: Quote }
  | { kind: 'odd'; end: number; what: string };

/** How a text is quoted. `escape`: a backslash escapes the next character. */
export type Quote = { kind: 'plain' | 'escape' | 'identifier' } | { kind: 'dollar'; delimiter: Buffer };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOLLAR = 0x24;

/**
 * Reads the token that begins at `at`. Undefined where it needs more bytes.
 *
 * @param hasEscapes Whether a backslash escapes in a text without an `E` (standard_conforming_strings is off)
 */
export function tokenAt(text: Buffer, at: number, hasEscapes: boolean): Token | undefined {
  const first = text[at];
  const second = text[at + 1];
  if (first === undefined) return undefined;
  if (isSpace(first)) return { kind: 'space', end: spaceEnd(text, at + 1) };
  if (isWordStart(first)) return wordAt(text, at);
  if (isDigit(first)) return numberAt(text, at);
  switch (first) {
    case QUOTE:
      return { kind: 'quote', end: at + 1, quote: { kind: hasEscapes ? 'escape' : 'plain' } };
    case DOUBLE_QUOTE:
      return { kind: 'quote', end: at + 1, quote: { kind: 'identifier' } };
    case BACKSLASH:
      return { kind: 'backslash', end: at + 1 };
    case DOLLAR:
      return dollarAt(text, at);
    case 0x2d: // -
      if (second === undefined) return undefined;
      return second === first ? { kind: 'comment', end: at + 2 } : { kind: 'sign', end: at + 1 };
    case 0x2f: // /
      if (second === undefined) return undefined;
      return second === 0x2a ? { kind: 'odd', end: at + 2, what: 'a comment of /*' } : { kind: 'sign', end: at + 1 };
    case 0x3a: // :
      if (second === undefined) return undefined;
      if (second === first || second === 0x3d) return { kind: 'colon', end: at + 2, mayBeVariable: false };
      return { kind: 'colon', end: at + 1, mayBeVariable: !isSpace(second) };
    default:
      return { kind: 'sign', end: at + 1 };
  }
}

function wordAt(text: Buffer, at: number): Token | undefined {
  let end = at + 1;
  while (isWordPart(text[end])) end += 1;
  const next = text[end];
  if (next === undefined) return undefined;
  if (end - at > 1) return { kind: 'word', end };
  const letter = String.fromCharCode(text[at] ?? 0).toLowerCase();
  if (next === QUOTE && letter === 'e') return { kind: 'quote', end: end + 1, quote: { kind: 'escape' } };
  // B'101' and X'1f' hold digits alone.
  if (next === QUOTE && 'bx'.includes(letter)) return { kind: 'quote', end: end + 1, quote: { kind: 'plain' } };
  if (next === QUOTE && letter === 'n') return { kind: 'odd', end, what: "a text of N'" };
  if (next !== 0x26 || letter !== 'u') return { kind: 'word', end };
  const afterAnd = text[end + 1];
  if (afterAnd === undefined) return undefined;
  const isUnicode = afterAnd === QUOTE || afterAnd === DOUBLE_QUOTE;
  return isUnicode ? { kind: 'odd', end, what: 'a text of U&' } : { kind: 'word', end };
}

function numberAt(text: Buffer, at: number): Token | undefined {
  let end = digitsEnd(text, at);
  if (text[end] === 0x2e) end = digitsEnd(text, end + 1);
  if (text[end] === 0x65 || text[end] === 0x45) {
    const sign = text[end + 1] === 0x2b || text[end + 1] === 0x2d ? 1 : 0;
    end = digitsEnd(text, end + 1 + sign);
  }
  if (text[end] === undefined) return undefined;
  return isWordPart(text[end])
    ? { kind: 'odd', end, what: 'a number with letters behind it' }
    : { kind: 'number', end };
}

/** `$1`, or the beginning of `$tag$ ... $tag$`. */
function dollarAt(text: Buffer, at: number): Token | undefined {
  const isParameter = isDigit(text[at + 1]);
  let end = at + 1;
  while (isParameter ? isDigit(text[end]) : isWordPart(text[end]) && text[end] !== DOLLAR) end += 1;
  const next = text[end];
  if (next === undefined) return undefined;
  if (isParameter && !isWordPart(next)) return { kind: 'number', end };
  if (isParameter || next !== DOLLAR) return { kind: 'odd', end, what: 'a dollar sign' };
  return { kind: 'quote', end: end + 1, quote: { kind: 'dollar', delimiter: text.subarray(at, end + 1) } };
}

/**
 * The end of a quoted text. Where `text` does not hold it (`isEnd` is false), the bytes up to `at` certainly belong to
 * it.
 */
export function quotedUntil(text: Buffer, from: number, quote: Quote): { at: number; isEnd: boolean } {
  if (quote.kind === 'dollar') {
    const found = text.indexOf(quote.delimiter, from);
    if (found !== -1) return { at: found + quote.delimiter.length, isEnd: true };
    return { at: Math.max(from, text.length - quote.delimiter.length + 1), isEnd: false };
  }
  const mark = quote.kind === 'identifier' ? DOUBLE_QUOTE : QUOTE;
  for (let at = from; ;) {
    const found = quote.kind === 'escape' ? escapedQuoteAt(text, at) : text.indexOf(mark, at);
    if (found === -1) return { at: text.length, isEnd: false };
    const next = text[found + 1];
    if (next === undefined) return { at: found, isEnd: false };
    if (text[found] === mark && next !== mark) return { at: found + 1, isEnd: true };
    at = found + 2;
  }
}

/** The next quotation mark or backslash. */
function escapedQuoteAt(text: Buffer, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === QUOTE || text[at] === BACKSLASH) return at;
  }
  return -1;
}

/** The end of a `--` comment. For psql a carriage return ends a line, too. */
export function lineEnd(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== NEWLINE && text[at] !== CARRIAGE_RETURN) at += 1;
  return at;
}

function digitsEnd(text: Buffer, from: number): number {
  let at = from;
  while (isDigit(text[at])) at += 1;
  return at;
}

function spaceEnd(text: Buffer, from: number): number {
  let end = from;
  for (let byte = text[end]; byte !== undefined && isSpace(byte); byte = text[end]) end += 1;
  return end;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Bytes of other alphabets count as letters. */
function isWordStart(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || byte >= 0x80;
}

function isWordPart(byte: number | undefined): boolean {
  return byte !== undefined && (isWordStart(byte) || isDigit(byte) || byte === DOLLAR);
}

const END_MARK = Buffer.from('\n\\.');

/**
 * The end of the rows of a COPY: after a line of `\.` alone, which psql lets end in a carriage return. `from` is the
 * newline before the first row. Where `text` does not hold the end (`isEnd` is false), it does not come before `at`.
 */
export function copyDataUntil(text: Buffer, from: number): { at: number; isEnd: boolean } {
  for (let at = from; ;) {
    const found = text.indexOf(END_MARK, at);
    if (found === -1) return { at: Math.max(from, text.length - END_MARK.length + 1), isEnd: false };
    const next = found + END_MARK.length;
    const isReturn = text[next] === CARRIAGE_RETURN;
    const last = isReturn ? next + 1 : next;
    if (last >= text.length) return { at: found, isEnd: false };
    if (text[last] === NEWLINE) return { at: last + 1, isEnd: true };
    at = next;
  }
}
