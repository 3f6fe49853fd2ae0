import * as Flags from '@oclif/core/flags';
import { numberIn } from '../server/number-text.ts';
import { CHECK } from '../server/ping-urls.ts';
import { FIELDS, FIELD_NAMES, type FieldName } from '../server/server.ts';

const checkFlag = Flags.string({
  description: CHECK.help,
  helpGroup: CHECK.helpGroup,
  helpValue: CHECK.helpValue,
});

/** The flags that describe a server, one for each field. Values are checked later, all together. */
export const serverFlags = Object.fromEntries(
  FIELD_NAMES.flatMap((name) => [
    ...(name === 'hcUrlStart' ? [[CHECK.flag, checkFlag] as const] : []),
    [FIELDS[name].flag, flagFor(name)] as const,
  ]),
);

function flagFor(name: FieldName) {
  const { kind, help, helpNote = '', helpValue, helpGroup, choices = [] } = FIELDS[name];
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
        parse: async (text) => await Promise.resolve(text).then((given) => numberIn(given, name)),
      })(facts);
    case 'choice':
      return Flags.option({ ...facts, options: choices })();
    case 'switch':
      return Flags.boolean({ ...facts, allowNo: true });
    case 'list':
      return Flags.string({ ...facts, multiple: true, multipleNonGreedy: true });
  }
}
