import * as v from 'valibot';
import { attempt, PgbakError } from '../core/errors.ts';
import { CellProblem, listCell, madeCell } from '../core/row-cells.ts';
import { inputAs, parsedBy, withColumn, type FieldFacts } from './field-kinds.ts';

/** Any number of texts that are read together; an empty one is none. */
export function parsedList<const Facts extends FieldFacts>(
  facts: Facts,
  parse: (given: readonly string[]) => readonly string[],
) {
  return {
    ...list(facts),
    rule: v.pipe(
      v.array(v.string()),
      parsedBy((given: string[]) => parse(given.filter((one) => one !== ''))),
    ),
    readCell: madeCell(listCell, (texts): readonly string[] | CellProblem => {
      const value = attempt(() => parse(texts));
      return value instanceof PgbakError ? new CellProblem(`cannot be meant: ${value.message}`) : value;
    }),
  };
}

/** Any number of texts; an empty one is none. */
export function list<const Facts extends FieldFacts>(facts: Facts) {
  const texts = v.array(v.string());
  const none: readonly string[] = [];
  return {
    ...withColumn(facts),
    ...inputAs(texts),
    kind: 'list' as const,
    default: none,
    rule: v.pipe(
      texts,
      v.transform((given): readonly string[] => given.filter((one) => one !== '')),
    ),
    readCell: listCell,
    toCell: (value: readonly string[]) => JSON.stringify(value),
  };
}
