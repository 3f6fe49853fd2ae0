import { terminalWidth } from './output.ts';

/** A text for stderr, broken between words where that is a terminal; as it is for everybody else. */
export async function wrapped(text: string): Promise<string> {
  const width = terminalWidth(process.stderr);
  if (width === undefined) return text;
  const { wrapAnsi } = await import('fast-wrap-ansi');
  return wrapAnsi(text, width, { hard: true });
}
