import * as Flags from '@oclif/core/flags';
import { FIELDS, FIELD_NAMES, forEachField, type FieldName, type ServerInput } from '../server/server.ts';

/** The flags that describe a server, one for each field. Values are checked later, all together. */
export const serverFlags = Object.fromEntries(FIELD_NAMES.map((name) => [FIELDS[name].flag, flagFor(FIELDS[name])]));

function flagFor({ kind, help, helpValue, helpGroup, choices = [], flagMinimum }: (typeof FIELDS)[FieldName]) {
  const facts = {
    description: help,
    ...(helpValue === undefined ? {} : { helpValue }),
    ...(helpGroup === undefined ? {} : { helpGroup }),
  };
  switch (kind) {
    case 'text':
      return Flags.string(facts);
    case 'whole':
      return Flags.integer({ ...facts, ...(flagMinimum === undefined ? {} : { min: flagMinimum }) });
    case 'choice':
      return Flags.option({ ...facts, options: choices })();
    case 'switch':
      return Flags.boolean({ ...facts, allowNo: true });
    case 'list':
      return Flags.string({ ...facts, multiple: true, multipleNonGreedy: true });
  }
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
