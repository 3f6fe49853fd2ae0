import * as Flags from '@oclif/core/flags';
import { numberFlag } from './number-flag.ts';
import { FIELDS, FIELD_NAMES, forEachField, type FieldName, type ServerInput } from '../server/server.ts';

const EXAMPLE_OF_RULE = 7;

/** The flags that describe a server, one for each field. Values are checked later, all together. */
export const serverFlags = Object.fromEntries(FIELD_NAMES.map((name) => [FIELDS[name].flag, flagFor(FIELDS[name])]));

function flagFor(field: (typeof FIELDS)[FieldName]) {
  const { kind, help, helpValue, helpGroup, choices = [] } = field;
  const facts = {
    description: help,
    ...(helpValue === undefined ? {} : { helpValue }),
    ...(helpGroup === undefined ? {} : { helpGroup }),
  };
  switch (kind) {
    case 'text':
      return Flags.string(facts);
    case 'whole':
      return wholeFlag(field)(facts);
    case 'choice':
      return Flags.option({ ...facts, options: choices })();
    case 'switch':
      return Flags.boolean({ ...facts, allowNo: true });
    case 'list':
      return Flags.string({ ...facts, multiple: true, multipleNonGreedy: true });
  }
}

function wholeFlag({ unit, flagMinimum = 0, parseFlag, default: usual }: (typeof FIELDS)[FieldName]) {
  if (parseFlag !== undefined) {
    return Flags.custom<number>({ parse: async (text) => await Promise.resolve(text).then(parseFlag) });
  }
  const isRule = unit === undefined;
  return numberFlag({
    ...(isRule ? { note: '; 0 takes the rule away' } : { unit }),
    least: flagMinimum,
    example: typeof usual === 'number' ? usual : EXAMPLE_OF_RULE,
  });
}

/** What the flags say of a server; a flag that was not given is absent. */
export function serverInputFrom(flags: Readonly<Record<string, unknown>>): ServerInput {
  const input: ServerInput = {};
  forEachField((name, { flag, inputOf }) => {
    const given = inputOf(flags[flag]);
    if (given !== undefined) input[name] = given;
  });
  return input;
}
