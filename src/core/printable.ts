/**
 * What could move a terminal's cursor, retitle its window, hide or reorder text: control characters (C0, DEL, C1), the
 * marks that turn the direction of writing, and Unicode's own line breaks. Tabs and line breaks are text.
 */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** A text from outside, for people's eyes: control characters are shown (`\x1b`, `\u202e`) and not obeyed. */
export function printable(text: string): string {
  return text.replace(CONTROL, escaped);
}

/** The same for a name, which is to stay on one line. */
export function printableName(name: string): string {
  return printable(name)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\t', String.raw`\t`);
}

/** JSON as it is, but for the control characters that JSON lets through; it means the same. */
export function printableJson(json: string): string {
  return json.replace(CONTROL, (character) => `\\u${hex(character, 4)}`);
}

function escaped(character: string): string {
  return character.charCodeAt(0) < 256 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

/** From the scheme of a URL, also one that was taken for a path and lost a slash, to the last `@` before a space or quote: a password may hold any other character. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/{1,2}[^\s"'`<>:/?#@]*):[^\s"'`<>]*@/gi;
const QUERY_PASSWORD = /([?&](?:ssl)?password=)[^\s"'`<>&#]+/gi;
/** Of a connection string in key/value form, see libpq's "Connection Strings". */
const PAIR_PASSWORD = /\b((?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'?|[^\s"'`<>&]+)/gi;

/** A text in which somebody may have put a connection string or another URL, without the passwords in it. */
export function withoutPasswords(text: string): string {
  return text
    .replace(URL_PASSWORD, '$1:[hidden]@')
    .replace(QUERY_PASSWORD, '$1[hidden]')
    .replace(PAIR_PASSWORD, '$1[hidden]');
}

/** A word as a shell takes it: as it is where that is safe, else in single quotes. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
