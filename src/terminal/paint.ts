import { styleText } from 'node:util';
import { printable } from '../core/printable.ts';

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
