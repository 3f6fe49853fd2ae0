const END_MARK = Buffer.from('\n\\.');
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Where the rows of a COPY end: behind a line of `\.` alone, which may end in a carriage return for psql. `from` is the
 * newline before the first row. Where the end has not been seen: how far it is certain that it is not.
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
