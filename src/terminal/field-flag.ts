import * as Flags from '@oclif/core/flags';
import type { Field, FieldFacts } from '../server/field-kinds.ts';
import { numberOf } from '../server/number-text.ts';

type FlagField = FieldFacts &
  Pick<Field<unknown, unknown>, 'kind' | 'choices' | 'unit' | 'flagMinimum' | 'parseFlag' | 'default'>;

/** The flag of a field. Values are checked later, all together. */
export function flagFor(field: FlagField) {
  const { kind, help, helpNote = '', helpValue, helpGroup, choices = [] } = field;
  const facts = {
    description: `${help}${helpNote}`,
    ...(helpValue === undefined ? {} : { helpValue }),
    ...(helpGroup === undefined ? {} : { helpGroup }),
  };
  switch (kind) {
    case 'text':
      return Flags.string(facts);
    case 'whole':
      // oclif knows only parsers that return a promise.
      return Flags.custom<number>({
        parse: async (text) => await Promise.resolve(text).then((given) => numberOf(given, field)),
      })(facts);
    case 'choice':
      return Flags.option({ ...facts, options: choices })();
    case 'switch':
      return Flags.boolean({ ...facts, allowNo: true });
    case 'list':
      return Flags.string({ ...facts, multiple: true, multipleNonGreedy: true });
  }
}
