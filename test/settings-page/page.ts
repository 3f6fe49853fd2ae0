import { FIELD_NAMES, FIELDS } from '../../src/server/server.ts';

/** `docs/settings.md`, made of the table of a server's fields. */
export function settingsPage(): string {
  const rows = FIELD_NAMES.map((name) => {
    const {
      kind,
      flag,
      helpValue,
      help,
      helpNote = '',
      choices,
      column,
      variable,
      inputOf,
      default: given,
    } = FIELDS[name];
    const value = choices?.join('\\|') ?? helpValue;
    const isSwitch = kind === 'switch';
    // A switch such as --large-objects stands for the contrary of its field.
    const byDefault = isSwitch ? inputOf(true) === given : given;
    return [
      `\`--${isSwitch ? '[no-]' : ''}${flag}${value === undefined ? '' : ` ${value}`}\``,
      `${help}${helpNote}`.replaceAll('|', String.raw`\|`),
      shown(byDefault),
      variable === undefined ? '' : `\`${variable}\``,
      `\`${column}\``,
    ];
  });
  const table = [['flag', 'meaning', 'default', 'else from', 'column'], ['---', '---', '---', '---', '---'], ...rows];
  return `# The settings of a server

\`pgbak add\` and \`pgbak edit SERVER\` take each setting as a flag. pgbak looks for a value in this order: the server's own
record, then the environment variable under "else from", then the default. An empty text clears an optional setting:
\`--archive-password ''\`. "column" is the setting's column in the table \`servers\` of the catalogue.

This page is written by \`npm run settings\` from \`src/server/fields.ts\`.

${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`;
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' || typeof value === 'number') return `\`${value}\``;
  return 'none';
}
