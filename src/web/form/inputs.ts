import { BASICS } from '../../server/flag-groups.ts';
import { FIELD_WORDS } from '../../server/field-words.ts';
import { CHECK } from '../../server/ping-urls.ts';
import { FIELD_NAMES, FIELDS, type FieldName } from '../../server/server.ts';

/** `check` is no field of a server: it stands for three of them. */
export type InputKey = FieldName | 'check';

/** One input of the form. Each field of a server has one, made of its entry in the table. */
export interface Input {
  key: InputKey;
  /** Its name in the form, which is the flag of the field. */
  flag: string;
  label: string;
  unit: string | undefined;
  help: string;
  example: string | undefined;
  group: string;
  kind: (typeof FIELDS)[FieldName]['kind'];
  choices: readonly string[];
  /** Never sent back to the browser. */
  isSecret: boolean;
  isMasked: boolean;
}

const CHECK_INPUT: Input = {
  key: 'check',
  flag: CHECK.flag,
  label: CHECK.label,
  unit: undefined,
  help: CHECK.help,
  example: CHECK.example,
  group: CHECK.helpGroup,
  kind: 'text',
  choices: [],
  isSecret: true,
  isMasked: false,
};

function inputOf(key: FieldName): Input {
  const { flag, help, helpGroup = 'More', kind, choices = [], isSecret = false, isMasked = false } = FIELDS[key];
  const { label, unit, example } = FIELD_WORDS[key];
  return { key, flag, label, unit, help, example, group: helpGroup, kind, choices, isSecret, isMasked };
}

/** In the order of the table. */
export const INPUTS: readonly Input[] = FIELD_NAMES.flatMap((name) =>
  name === 'hcUrlStart' ? [CHECK_INPUT, inputOf(name)] : [inputOf(name)],
);

/** What almost everybody sets, in this order. */
const FIRST: readonly InputKey[] = [
  'connectionString',
  'name',
  'destinations',
  'frequencyHours',
  'archivePassword',
  'check',
];

interface InputGroup {
  title: string;
  inputs: readonly Input[];
}

/** The inputs above the others. */
export const BASIC_INPUTS: readonly Input[] = [
  ...FIRST.flatMap((key) => INPUTS.filter((input) => input.key === key)),
  ...INPUTS.filter(({ key, group }) => group === BASICS && !FIRST.includes(key)),
];

/** All others, in the groups of the help of `add`. */
export const INPUT_GROUPS: readonly InputGroup[] = [...new Set(INPUTS.map(({ group }) => group))].flatMap((group) => {
  const inputs = INPUTS.filter((input) => input.group === group && !BASIC_INPUTS.includes(input));
  return inputs.length === 0 ? [] : [{ title: sentence(group.toLowerCase()), inputs }];
});

/** With a capital letter at its beginning, unless that is a value, such as `postgresql://` or `b2`. */
export function sentence(text: string): string {
  return /^[a-z]+(?=[ ,;]|$)(?! \(default\))/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
}
