import { styleText } from 'node:util';

export type Color = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** Whether a stream shows colors: a terminal that can, whose user did not say NO_COLOR (https://no-color.org). */
export function showsColors(stream: { isTTY?: boolean }): boolean {
  const { NO_COLOR: none, TERM: terminal } = process.env;
  return stream.isTTY === true && (none === undefined || none === '') && terminal !== 'dumb';
}

/** The text in a color, where stdout shows colors. */
export function paint(color: Color, text: string): string {
  if (!showsColors(process.stdout) || text === '') return text;
  // Line by line, so that a table may cut between them.
  return text
    .split('\n')
    .map((line) => styleText(color, line, { validateStream: false }))
    .join('\n');
}
