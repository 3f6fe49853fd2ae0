import { terminalWidth } from '../output.ts';
import { cutLine, wrapLines } from '../wrap.ts';

/** Inquirer puts a mark before a question and, say, `(Y/n)` behind it. */
const MARKS_WIDTH = 9;

/** A question that is wrapped between words: Inquirer itself breaks words at the edge of the terminal. */
export function fitted(question: string): string {
  return wrapLines(question, (terminalWidth(process.stdout) ?? 80) - MARKS_WIDTH);
}

/** The same for the description of a choice, which stands on lines of its own. */
export function fittedLines(text: string): string {
  return wrapLines(text, terminalWidth(process.stdout) ?? 80);
}

/** The text of a choice, cut to one line behind its marks. */
export function fittedChoice(text: string): string {
  return cutLine(text, (terminalWidth(process.stdout) ?? 80) - 4);
}
