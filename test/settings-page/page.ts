import { FIELD_NAMES, FIELDS } from '../../src/server/server.ts';

/** `docs/settings.md`, made of the table of a server's fields. */
export function settingsPage(): string {
  const rows = FIELD_NAMES.map((name) => {
    const { kind, flag, helpValue, help, choices, column, variable, inputOf, default: given } = FIELDS[name];
    const value = choices?.join('\\|') ?? helpValue;
    const isSwitch = kind === 'switch';
    // A switch such as --large-objects stands for the contrary of its field.
    const byDefault = isSwitch ? inputOf(true) === given : given;
    return [
      `\`--${isSwitch ? '[no-]' : ''}${flag}${value === undefined ? '' : ` ${value}`}\``,
      help.replaceAll('|', String.raw`\|`),
      shown(byDefault),
      variable === undefined ? '' : `\`${variable}\``,
      `\`${column}\``,
    ];
  });
  const table = [['flag', 'meaning', 'default', 'else from', 'column'], ['---', '---', '---', '---', '---'], ...rows];
  return `# The settings of a server

\`pgbak add\` and \`pgbak edit SERVER\` take each of them as a flag. A value comes from the server's record, else from the
environment variable beside it, else it is the default. An empty text clears an optional setting: \`--archive-password ''\`.
The column is where the record keeps it, in the table \`servers\` of the catalogue. This page is made of
\`src/server/fields.ts\`: \`npm run settings\`.

${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`;
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' || typeof value === 'number') return `\`${value}\``;
  return 'none';
}
