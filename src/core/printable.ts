/**
 * Characters that could move a terminal's cursor, change its title, or hide or reorder text: control characters (C0, DEL, C1),
 * marks that change the direction of writing, and Unicode's own line breaks. Tabs and line breaks are text.
 */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** A text from outside, safe to print: shows control characters (`\x1b`, `\u202e`) instead of sending them to the terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL, escaped);
}

/** The same for a name, kept on one line. */
export function printableName(name: string): string {
  return printable(name)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\t', String.raw`\t`);
}

/** Escapes the control characters that JSON allows; the JSON means the same. */
export function printableJson(json: string): string {
  return json.replace(CONTROL, (character) => `\\u${hex(character, 4)}`);
}

function escaped(character: string): string {
  return character.charCodeAt(0) < 256 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

/**
 * From the scheme of a URL to the last `@` before a space or quote: a password may hold any other character. One slash is enough:
 * a URL that was taken for a path has lost the other.
 */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/{1,2}[^\s"'`<>:/?#@]*:)[^\s"'`<>]*@/gi;
const QUERY_PASSWORD = /([?&](?:ssl)?password=)[^\s"'`<>&#]+/gi;
/** In a connection string in key/value form; see libpq's "Connection Strings". */
const PAIR_PASSWORD = /\b((?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'?|[^\s"'`<>&]+)/gi;

/** Stands for a password in a connection string that a person completes. */
export const PASSWORD_PLACEHOLDER = 'PASSWORD';

/** Hides the passwords in a text that may hold connection strings or other URLs. The placeholder stays. */
export function withoutPasswords(text: string): string {
  const hidden = (end: string) => (whole: string, start: string) =>
    whole === `${start}${PASSWORD_PLACEHOLDER}${end}` ? whole : `${start}[hidden]${end}`;
  return text.replace(URL_PASSWORD, hidden('@')).replace(QUERY_PASSWORD, hidden('')).replace(PAIR_PASSWORD, hidden(''));
}

/** A word for a shell, on one line: in single quotes, unless it is safe without. */
export function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // A line break would end the command where it is shown.
  if (word.includes('\n')) return `$'${word.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}'`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
