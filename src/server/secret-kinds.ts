import * as v from 'valibot';
import { listCell, madeCell, optionalCell, stringList, textCell } from '../core/row-cells.ts';
import { Secret } from '../core/secret.ts';
import { clearedOr, inputAs, parsedBy, TEXT, withColumn, type FieldFacts } from './field-kinds.ts';
import { isReference } from './reference.ts';

const toSecret = (value: string) => new Secret(value);
const secretCell = madeCell(textCell, toSecret);

/** A secret that every server has. Its cell is empty where a rebuild of the catalogue could not know it. */
export function secret<const Facts extends FieldFacts>(facts: Facts, parse: (given: string) => string) {
  return {
    ...withColumn(facts),
    isSecret: true,
    ...TEXT,
    rule: v.pipe(v.string(), parsedBy(parse), v.transform(toSecret)),
    readCell: secretCell,
    toCell: (value: Secret) => value.reveal(),
  };
}

/** A secret that an empty input clears. */
export function optionalSecret<const Facts extends FieldFacts>(facts: Facts, parse: (given: string) => string) {
  return {
    ...withColumn(facts),
    isSecret: true,
    ...TEXT,
    default: undefined,
    rule: v.pipe(v.string(), parsedBy(clearedOr((input) => toSecret(parse(input))))),
    readCell: optionalCell(secretCell),
    toCell: (value: Secret | undefined) => value?.reveal() ?? null,
    publicCell: (cell: unknown) => (typeof cell === 'string' && isReference(cell) ? cell : null),
  };
}

/** Any number of secrets; an empty text is none. */
export function secretList<const Facts extends FieldFacts>(facts: Facts, parse: (given: string) => string) {
  const texts = v.array(v.string());
  const none: readonly Secret[] = [];
  const toSecrets = (given: readonly string[]): readonly Secret[] => given.map(toSecret);
  return {
    ...withColumn(facts),
    isSecret: true,
    ...inputAs(texts),
    kind: 'list' as const,
    default: none,
    rule: v.pipe(
      texts,
      parsedBy((given) => toSecrets(given.filter((one) => one !== '').map(parse))),
    ),
    readCell: madeCell(listCell, toSecrets),
    toCell: (value: readonly Secret[]) => JSON.stringify(value.map((one) => one.reveal())),
    publicCell: (cell: unknown) => JSON.stringify((stringList(cell) ?? []).filter(isReference)),
  };
}
