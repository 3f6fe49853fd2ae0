import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** Characters of width one: ASCII, and the bars of `list`. */
const PLAIN = /^[ -~▁-█]*$/;
/** A longer word is no word of a sentence: it may be broken, as a path or a URL may. */
const LONGEST_WORD = 24;
// oxlint-disable-next-line no-control-regex
const COLOR_CODES = /\u001B\[\d+m/g;

const PROGRAMS = 'pgbak|sudo|systemctl|chmod|rm|apt|ulimit|sqlite3|b2';
/** Flags, each with its value where it has one: more words than that are a sentence that begins with a flag. */
const FLAGS = String.raw`--[a-z][-a-z]*(?:[= ](?:'[^']*'|[^-\s']\S*|-))?`;
/** What is to be typed, at the end of a line: a command, or the flags that one lacks. Behind the name of pgbak stands a message. */
const COMMAND = new RegExp(String.raw`^(.+:)(?<!^pgbak:) ((?:(?:${PROGRAMS}) .*|${FLAGS}(?: ${FLAGS})*)(?<!\.))$`);
/** In a narrower column a command cannot be copied anyway. */
const NARROWEST_FOR_COMMANDS = 40;

/** The columns that a line takes; of a text with several lines those of the widest. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}

/**
 * The columns that a text needs so that none of its words is broken. Paths and URLs may be; an overlong name may be, but not the
 * words in it.
 */
export function widestWord(text: string): number {
  const words = text.replaceAll(COLOR_CODES, '').split(/[ \n]/);
  return Math.max(
    ...words.map((word) => {
      if (word.includes('/')) return 0;
      if (widthOf(word) <= LONGEST_WORD) return widthOf(word);
      const widest = Math.max(...partsOf(word, AFTER_JOINT).map((part) => widthOf(part)));
      return widest > LONGEST_WORD ? 0 : widest;
    }),
  );
}

const AFTER_SLASH = /[^/]*\/+|[^/]+$/g;
/** A name like `web-production.sql` consists of words. */
const AFTER_JOINT = /[^-_.]*[-_.]+|[^-_.]+$/g;

const partsOf = (word: string, pattern: RegExp): readonly string[] => word.match(pattern) ?? [word];

/**
 * Breaks a word that does not fit on a line, a path or a URL after its slashes, so that names in it stay whole where they fit. A
 * name that does not begins a line, and is broken after its hyphens and dots.
 */
function broken(word: string, width: number): string {
  if (widthOf(word) <= width) return word;
  const filled = (parts: readonly string[]) =>
    parts.reduce<readonly string[]>((lines, part) => {
      const last = lines.at(-1);
      const fits = last !== undefined && widthOf(last + part) <= width;
      return fits ? [...lines.slice(0, -1), last + part] : [...lines, part];
    }, []);
  return filled(partsOf(word, AFTER_SLASH))
    .flatMap((line) => (widthOf(line) <= width ? [line] : filled(partsOf(line, AFTER_JOINT))))
    .join('\n');
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
 * line of its own is broken: a path after a slash and a name after a hyphen, where that is enough.
 */
export function wrapLines(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return text
    .split('\n')
    .map((line) => {
      if (widthOf(line) <= width) return line;
      const indent = /^ */.exec(line)?.[0].slice(0, Math.floor(width / 2)) ?? '';
      const room = width - indent.length;
      const wrapped = wrapWords(line.trimStart(), room);
      return `${indent}${wrapped.replaceAll('\n', `\n${indent}`)}`;
    })
    .join('\n');
}

function wrapWords(line: string, room: number): string {
  const [, text, command] = (room >= NARROWEST_FOR_COMMANDS && COMMAND.exec(line)) || [];
  if (text !== undefined && command !== undefined) {
    const before = wrapWords(text, room);
    const isRoomLeft = widthOf(`${before.slice(before.lastIndexOf('\n') + 1)} ${command}`) <= room;
    return `${before}${isRoomLeft ? ' ' : '\n'}${isRoomLeft ? command : wrapCommand(command, room)}`;
  }
  const words = line.split(' ');
  return wrapAnsi(words.map((word) => broken(word, room)).join(' '), room, { hard: true });
}

const CONTINUED = ' \\';

/** A command that does not fit on one line goes on as a shell has it: behind a backslash. Only a word that is too wide is broken. */
function wrapCommand(command: string, room: number): string {
  if (widthOf(command) <= room) return command;
  const words = command.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && widthOf(longer + CONTINUED) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return wrapAnsi(lines.join(`${CONTINUED}\n`), room, { hard: true, wordWrap: false });
}

/** The same for a text behind a mark or a title: what follows its first line is indented, and none is wider than `width`. */
export function wrapHanging(text: string, width: number, indent: number): string {
  return wrapLines(text, Math.max(width - indent, 1)).replaceAll('\n', `\n${' '.repeat(indent)}`);
}
