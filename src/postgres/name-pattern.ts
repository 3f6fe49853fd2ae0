/** A pattern of psql and pg_dump as regular expressions of PostgreSQL. */
export interface NamePattern {
  /** Undefined where the pattern names no schema: then only tables that are found without one match. */
  schema: string | undefined;
  name: string;
}

/**
 * Translates a pattern as libpq's programs do (https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-PATTERNS;
 * patternToSQLRegex in PostgreSQL's source): letters are folded to lower case but in quotes, `*` and `?` stand for any
 * letters or one, a dot ends the schema's name.
 */
export function parseNamePattern(pattern: string): NamePattern {
  const parts = [''];
  const add = (text: string) => (parts[parts.length - 1] = (parts.at(-1) ?? '') + text);
  let isQuoted = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern.charAt(at);
    if (letter === '"') {
      const isDouble = isQuoted && pattern.charAt(at + 1) === '"';
      if (isDouble) add('"');
      else isQuoted = !isQuoted;
      if (isDouble) at += 1;
    } else if (isQuoted) add(/[|*+?()[\]{}.^$\\]/.test(letter) ? `\\${letter}` : letter);
    else if (letter === '*') add('.*');
    else if (letter === '?') add('.');
    else if (letter === '.') parts.push('');
    else if (letter === '$') add(String.raw`\$`);
    else if (letter === '[' && pattern.charAt(at + 1) === ']') {
      add(String.raw`\[\]`);
      at += 1;
    } else add(letter.toLowerCase());
  }
  const [name = '', schema] = parts.toReversed();
  return { schema: schema === undefined ? undefined : anchored(schema), name: anchored(name) };
}

function anchored(expression: string): string {
  return `^(${expression})$`;
}
