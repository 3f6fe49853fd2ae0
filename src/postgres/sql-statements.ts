/** A text in which a backslash takes the next character as it is. */
const WITH_BACKSLASHES = String.raw`'(?:[^'\\]|\\[\s\S]|'')*'`;

/**
 * Takes a script apart into its statements, each with what stands before it, so that their sequence is the script. Knows
 * what pg_dumpall writes: quoted names and texts, escape strings, `--` comments, and psql's own lines.
 *
 * @param hasBackslashes Whether a backslash means something in texts without an `E`, too.
 */
export function splitStatements(script: string, hasBackslashes: boolean): string[] {
  const statements: string[] = [];
  let start = 0;
  const texts = hasBackslashes ? WITH_BACKSLASHES : `[eE]${WITH_BACKSLASHES}|'(?:[^']|'')*'`;
  const token = new RegExp(String.raw`--[^\n]*\n?|${texts}|"(?:[^"]|"")*"|;[^\S\n]*\n?|\\[^\n]*\n`, 'g');
  for (const match of script.matchAll(token)) {
    if (!/^[;\\]/.test(match[0])) continue;
    const end = match.index + match[0].length;
    statements.push(script.slice(start, end));
    start = end;
  }
  return [...statements, script.slice(start)].filter((statement) => statement !== '');
}

/** A statement without the comments and empty lines before it. */
export function withoutComments(statement: string): string {
  return statement.replace(/^(?:\s+|--[^\n]*\n)+/, '');
}
