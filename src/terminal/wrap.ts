import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** Characters of width one: ASCII, and the bars of `list`. */
const PLAIN = /^[ -~▁-█]*$/;
/** A longer word is no word of a sentence: it may be broken, as a path or a URL may. */
const LONGEST_WORD = 24;
// oxlint-disable-next-line no-control-regex
const COLOR_CODES = /\u001B\[\d+m/g;

/** The columns that a line takes; of a text with several lines those of the widest. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}

/** The columns that a text needs so that none of its words is broken. Paths, URLs and overlong names may be. */
export function widestWord(text: string): number {
  const words = text.replaceAll(COLOR_CODES, '').split(/[ \n]/);
  return Math.max(
    ...words.map((word) => {
      const width = widthOf(word);
      return width > LONGEST_WORD || word.includes('/') ? 0 : width;
    }),
  );
}

/** Breaks a path or a URL that does not fit on a line after its slashes, so that names in it stay whole where they fit. */
function brokenAtSlashes(word: string, width: number): string {
  if (!word.includes('/') || widthOf(word) <= width) return word;
  const lines: string[] = [];
  for (const part of word.match(/[^/]*\/+|[^/]+$/g) ?? [word]) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last + part) <= width) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines.join('\n');
}

/** Cuts a text to one line that is no wider: a line that the terminal wraps could not be redrawn. */
export function cutLine(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const [shown = ''] = wrapAnsi(text, Math.max(width - 1, 1), { hard: true, wordWrap: false, trim: false }).split(
    '\n',
    1,
  );
  return `${shown}…`;
}

/**
 * Wraps what is wider than `width` between words, and keeps the indentation of each line. Only a word that does not fit on a
 * line of its own is broken: a path after a slash, where that is enough.
 */
export function wrapLines(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return text
    .split('\n')
    .map((line) => {
      if (widthOf(line) <= width) return line;
      const indent = /^ */.exec(line)?.[0].slice(0, Math.floor(width / 2)) ?? '';
      const room = width - indent.length;
      const words = line.trimStart().split(' ');
      const wrapped = wrapAnsi(words.map((word) => brokenAtSlashes(word, room)).join(' '), room, { hard: true });
      return `${indent}${wrapped.replaceAll('\n', `\n${indent}`)}`;
    })
    .join('\n');
}

/** The same for a text behind a mark or a title: what follows its first line is indented, and none is wider than `width`. */
export function wrapHanging(text: string, width: number, indent: number): string {
  return wrapLines(text, Math.max(width - indent, 1)).replaceAll('\n', `\n${' '.repeat(indent)}`);
}
