/** Checks a value from SQLite, which keeps any value in any column: one put there by hand, or by a damaged disk. */
export type CellRule<Value> = (cell: unknown) => Value | CellProblem;

/** What is wrong with a column: `is no text`. It never repeats the value, which may be a secret. */
export class CellProblem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Far more than the longest error or list of tables. A longer text, put there by hand, would fill every log. */
const LONGEST_TEXT = 1_000_000;
const TOO_LONG = new CellProblem(`is a text of more than ${LONGEST_TEXT} characters`);
const NO_TEXT = new CellProblem('is no text');

export function textCell(cell: unknown): string | CellProblem {
  if (typeof cell !== 'string') return NO_TEXT;
  return cell.length > LONGEST_TEXT ? TOO_LONG : cell;
}

export function filledTextCell(cell: unknown): string | CellProblem {
  return cell === '' ? NO_TEXT : textCell(cell);
}

export function wholeCell(least: number): CellRule<number> {
  return (cell) =>
    typeof cell === 'number' && Number.isSafeInteger(cell) && cell >= least
      ? cell
      : new CellProblem(`is no whole number from ${least} up`);
}

export function switchCell(cell: unknown): boolean | CellProblem {
  return cell === 0 || cell === 1 ? cell === 1 : new CellProblem('is neither 0 nor 1');
}

export function choiceCell<Value extends string>(choices: readonly Value[]): CellRule<Value> {
  return (cell) => choices.find((choice) => choice === cell) ?? new CellProblem(`is none of ${choices.join(', ')}`);
}

export function listCell(cell: unknown): string[] | CellProblem {
  const json = textCell(cell);
  return json === TOO_LONG ? TOO_LONG : (stringList(json) ?? new CellProblem('is no list of texts, as JSON'));
}

/** A cell that may be null, which stands for undefined. */
export function optionalCell<Value>(rule: CellRule<Value>): CellRule<Value | undefined> {
  return (cell) => (cell === null || cell === undefined ? undefined : rule(cell));
}

/** A cell whose value is computed from the value of another rule. */
export function madeCell<Raw, Value>(rule: CellRule<Raw>, make: (raw: Raw) => Value | CellProblem): CellRule<Value> {
  return (cell) => {
    const raw = rule(cell);
    return raw instanceof CellProblem ? raw : make(raw);
  };
}

/** A JSON array of texts; undefined for anything else. */
export function stringList(json: unknown): string[] | undefined {
  if (typeof json !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
