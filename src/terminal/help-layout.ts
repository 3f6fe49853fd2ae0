import { wrapAnsi } from 'fast-wrap-ansi';

const INDENT = 2;
/** Narrower than this, a description stands below its term. */
const SIDE_BY_SIDE_FROM = 60;
const WIDEST_TERM = 30;
const GAP = 2;

function wrap(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(width, 1), { hard: true }).split('\n');
}

const indented = (lines: readonly string[], by: number) =>
  lines.map((line) => (line === '' ? '' : ' '.repeat(by) + line)).join('\n');

/** Terms with their descriptions: beside them where there is room, else below. */
export function definitions(pairs: readonly (readonly [term: string, text: string])[], width: number): string {
  const lengths = pairs.map(([term]) => term.length).filter((length) => length <= WIDEST_TERM);
  const column = INDENT + Math.max(...lengths, 0) + GAP;
  const isBeside = width >= SIDE_BY_SIDE_FROM;
  return pairs
    .map(([term, text]) => {
      if (text === '') return indented([term], INDENT);
      const at = isBeside ? column : INDENT * 3;
      const [first = '', ...rest] = wrap(text, width - at);
      const fits = isBeside && INDENT + term.length + GAP <= column;
      if (!fits) return `${indented([term], INDENT)}\n${indented([first, ...rest], at)}`;
      return [indented([term.padEnd(column - INDENT) + first], INDENT), indented(rest, at)].filter(Boolean).join('\n');
    })
    .join('\n');
}

/** A line of a list inside of a text: `  0  done`. */
const LISTED = /^( *)(\S+(?: \S+)*) {2,}(\S.*)$/;

/** Paragraphs, and lists between them whose lines have a term and, after two spaces, a text. */
export function paragraphs(text: string, width: number): string {
  const blocks = text.trim().split(/\n{2,}/);
  return blocks
    .map((block) => {
      const lines = block.split('\n').map((line) => LISTED.exec(line));
      const pairs = lines.flatMap((found): [string, string][] =>
        found === null ? [] : [[found[2] ?? '', found[3] ?? '']],
      );
      if (pairs.length === lines.length) return definitions(pairs, width);
      return indented(
        block.split('\n').flatMap((line) => wrap(line, width - INDENT)),
        INDENT,
      );
    })
    .join('\n\n');
}

const PROMPT = '$ ';
const CONTINUED = ' \\';

/** A command as it can be copied. One that is too long goes on behind a backslash, at a flag or an operator of the shell. */
export function commandLine(command: string, width: number): string {
  const room = width - INDENT - CONTINUED.length;
  const lines: string[] = [];
  const pieces = command.split(/ (?=--|&& |\|\| |> )/).flatMap((piece) =>
    // A shell would take a line break inside of quotes for a part of the word.
    piece.length + PROMPT.length > room && !piece.includes("'") ? piece.split(' ') : [piece],
  );
  for (const piece of pieces) {
    const last = lines.at(-1);
    const joined = `${last ?? PROMPT.trimEnd()} ${piece}`;
    if (last === undefined) lines.push(joined);
    else if (joined.length <= room) lines[lines.length - 1] = joined;
    else lines.push(' '.repeat(PROMPT.length * 2) + piece);
  }
  const isLast = (index: number) => index === lines.length - 1;
  return indented(
    lines.map((line, index) => (isLast(index) ? line : line + CONTINUED)),
    INDENT,
  );
}

/** A text of its own, indented. */
export function sentence(text: string, width: number): string {
  return indented(wrap(text, width - INDENT), INDENT);
}
