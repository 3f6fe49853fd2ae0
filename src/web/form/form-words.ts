import { FIELD_WORDS } from '../../server/field-words.ts';
import { CHECK } from '../../server/ping-urls.ts';
import { FIELD_NAMES, FIELDS } from '../../server/server.ts';

/** Boxes of the form that are flags of `add` and `edit`, and no settings. */
const BOXES: readonly (readonly [string, string])[] = [
  ['no-check', 'check "Store it untried"'],
  ['create-destination', 'check the box below'],
];

const LABELS = new Map<string, string>([
  ...FIELD_NAMES.map((name) => [FIELDS[name].flag, FIELD_WORDS[name].label] as const),
  [CHECK.flag, CHECK.label],
]);

/**
 * A hint of the command line in the words of the form, which has no flags: `For example: --destination file:/srv/backups`
 * becomes `For example: file:/srv/backups`.
 */
export function inFormWords(hint: string): string {
  // A command that only such a flag ends is done by its box.
  const withBoxes = BOXES.reduce(
    (text, [flag, words]) => text.replace(new RegExp(`: (?:(?!: ).)*--${flag}`), `: ${words}`),
    hint,
  );
  return withBoxes
    .replaceAll(/pgbak (?:add|edit(?: (?!--)\S+)?) (?=--)/g, '')
    .replaceAll(/--([\w-]+) (?!or\b|and\b|check\b)([^\s,]+)/g, (whole, flag: string, value: string) =>
      LABELS.has(flag) ? value : whole,
    )
    .replaceAll(/: --([\w-]+)(?:, --[\w-]+)*\.?$/g, (whole, flag: string) => (LABELS.has(flag) ? '.' : whole))
    .replaceAll(/--([\w-]+)/g, (whole, flag: string) => LABELS.get(flag) ?? whole)
    .replace(/: \.\.\.$/, '.');
}
