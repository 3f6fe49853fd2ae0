import * as Flags from '@oclif/core/flags';
import { HEALTH_CHECKS } from '../server/flag-groups.ts';
import { pingUrlsBelow } from '../server/ping-urls.ts';
import { FIELDS, FIELD_NAMES, forEachField, type FieldName, type ServerInput } from '../server/server.ts';
import { numberFlag } from './number-flag.ts';

const EXAMPLE_OF_RULE = 7;
const HC_URL = 'hc-url';
const hcUrlFlag = Flags.string({
  description: 'a check of healthchecks.io: pinged on success, at URL/start and URL/fail for start and failure',
  helpGroup: HEALTH_CHECKS,
  helpValue: 'URL',
});

/** The flags that describe a server, one for each field. Values are checked later, all together. */
export const serverFlags = Object.fromEntries(
  FIELD_NAMES.flatMap((name) => [
    ...(name === 'hcUrlStart' ? [[HC_URL, hcUrlFlag] as const] : []),
    [FIELDS[name].flag, flagFor(FIELDS[name])] as const,
  ]),
);

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
  const base = flags[HC_URL];
  const input: ServerInput = typeof base === 'string' ? pingUrlsBelow(base) : {};
  forEachField((name, { flag, inputOf }) => {
    const given = inputOf(flags[flag]);
    if (given !== undefined) input[name] = given;
  });
  return input;
}
