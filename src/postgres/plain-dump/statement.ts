/** A statement while it is read: as much of it as its kind depends on. */
export interface Statement {
  /**
   * The first tokens outside brackets: words in lower case, `"` for a quoted name, `'` for a text, `0` for a number. A
   * pair of brackets stands without its contents.
   */
  tokens: string[];
  /** The words of `KEPT_WORDS` outside brackets, at any place in the statement. */
  words: Set<string>;
  depth: number;
  last: string;
  /** The number of unquoted words, and the first few of them: psql recognizes a routine by these. */
  wordCount: number;
  firstWords: string[];
  /** Depth of `BEGIN ATOMIC ... END`, as psql counts it. A semicolon within ends no statement. */
  bodyDepth: number;
  expects: 'atomic' | 'statement' | 'semicolon' | undefined;
  /** Where in the dump the previous statement ended, in bytes. */
  readonly startsAt: number;
}

const KEPT_TOKENS = 24;
const KEPT_WORDS = new Set(['on', 'as', 'owner', 'of']);

export function newStatement(startsAt: number): Statement {
  return {
    tokens: [],
    words: new Set(),
    depth: 0,
    last: '',
    wordCount: 0,
    firstWords: [],
    bodyDepth: 0,
    expects: undefined,
    startsAt,
  };
}

/**
 * Adds a token. Returns what is wrong with it, or undefined. BEGIN ATOMIC:
 * https://www.postgresql.org/docs/current/sql-createfunction.html
 */
export function take(statement: Statement, token: string): string | undefined {
  const { depth, expects, last } = statement;
  const isWord = /^[a-z_\u0080-\uffff]/.test(token);
  statement.last = token;
  if (token === "'" && last === "'") return 'two texts side by side';
  if (token === ')' && depth === 0) return 'a closing bracket without an opening one';
  if (token === '(') statement.depth += 1;
  if (token === ')') statement.depth -= 1;
  const isOutside = depth === 0 || statement.depth === 0;
  if (isOutside) {
    if (statement.tokens.length < KEPT_TOKENS) statement.tokens.push(token);
    if (KEPT_WORDS.has(token)) statement.words.add(token);
  }
  if (isWord) countWord(statement, token);
  return expects === undefined ? undefined : missed(statement, expects, token);
}

function countWord(statement: Statement, word: string): void {
  statement.wordCount += 1;
  if (statement.wordCount <= 4) statement.firstWords.push(word);
  if (!isRoutine(statement) || statement.depth > 0) return;
  if (word === 'begin') {
    statement.bodyDepth += 1;
    statement.expects = 'atomic';
  } else if (word === 'case' && statement.bodyDepth > 0) statement.bodyDepth += 1;
  else if (word === 'end' && statement.bodyDepth > 0) statement.bodyDepth -= 1;
}

export function isRoutine({ firstWords: [first, second, third, fourth] }: Statement): boolean {
  const isKind = (word: string | undefined) => word === 'function' || word === 'procedure';
  return first === 'create' && (isKind(second) || (second === 'or' && third === 'replace' && isKind(fourth)));
}

const BODY_STATEMENTS = ['select', 'insert', 'update', 'delete', 'merge', 'values', 'with', 'return', 'table', '('];

function missed(statement: Statement, expects: NonNullable<Statement['expects']>, token: string): string | undefined {
  statement.expects = undefined;
  if (expects === 'atomic') {
    statement.expects = 'statement';
    return token === 'atomic' ? undefined : 'BEGIN without ATOMIC';
  }
  if (expects === 'semicolon') return token === ';' ? undefined : 'something behind END';
  if (token === 'end') {
    statement.expects = 'semicolon';
    return statement.bodyDepth === 0 ? undefined : 'END before its time';
  }
  return BODY_STATEMENTS.includes(token) ? undefined : `${token.toUpperCase()} in the body of a function`;
}

/** Whether a semicolon ends the statement. Within the brackets of a rule and the body of a function it does not. */
export function endsHere(statement: Statement): boolean {
  if (statement.bodyDepth > 0 && statement.depth === 0) statement.expects = 'statement';
  return statement.depth === 0 && statement.bodyDepth === 0;
}

/** How much of a plain dump pgbak and psql keep in memory before pgbak refuses it. */
export const LONGEST_BYTES = {
  /** No word, number or undecided statement is longer. */
  held: 65_536,
  /** No server takes a longer statement (MaxAllocSize in src/include/utils/memutils.h). */
  statement: 2 ** 30,
  /** No statement that is left out is longer: a function's name with a hundred types of arguments is 13 KB. */
  leftOut: 32_768,
};
