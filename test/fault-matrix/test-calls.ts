import ts from 'typescript';
import { bare } from './texts.ts';

/** A call that makes a test or a group of tests, as Jest has them. */
export interface TestCall {
  isGroup: boolean;
  /** False where Jest is told to leave it out, or to take its failure for a success. */
  runs: boolean;
  title: ts.Expression | undefined;
  /** What `.each` goes through. */
  table: ts.Expression | undefined;
  body: readonly ts.Expression[];
}

const GROUPS = ['describe', 'xdescribe', 'fdescribe'];
const TESTS = ['test', 'it', 'xtest', 'xit', 'fit'];
const SHOW_NOTHING = ['skip', 'todo', 'failing'];

/** What is called, as far as it matters here. */
type Called = Pick<TestCall, 'isGroup' | 'runs' | 'table'>;

/** What a node makes of tests; nothing where it is no such call. */
export function testCall(node: ts.Node): TestCall | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const called = calledBy(node.expression);
  const [title, ...body] = node.arguments;
  return called && { ...called, title: title && bare(title), body };
}

function calledBy(expression: ts.Expression): Called | undefined {
  const callee = bare(expression);
  if (ts.isIdentifier(callee)) {
    const { text } = callee;
    const isGroup = GROUPS.includes(text);
    if (isGroup || TESTS.includes(text)) return { isGroup, runs: !text.startsWith('x'), table: undefined };
    const value = constantOf(callee);
    return value && ts.isConditionalExpression(value) ? calledBy(value) : undefined;
  }
  if (ts.isPropertyAccessExpression(callee)) {
    const called = calledBy(callee.expression);
    return called && (SHOW_NOTHING.includes(callee.name.text) ? { ...called, runs: false } : called);
  }
  // A test that runs only where the machine can: on one branch it does.
  if (ts.isConditionalExpression(callee)) {
    const branches = [calledBy(callee.whenTrue), calledBy(callee.whenFalse)];
    return branches.find((branch) => branch?.runs) ?? branches[0];
  }
  if (ts.isCallExpression(callee) && ts.isPropertyAccessExpression(callee.expression)) {
    const called = callee.expression.name.text === 'each' ? calledBy(callee.expression.expression) : undefined;
    return called && { ...called, table: callee.arguments[0] };
  }
  return undefined;
}

/** The value of a constant of that name in the same file. */
export function constantOf(name: ts.Identifier): ts.Expression | undefined {
  let value: ts.Expression | undefined;
  const look = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name.text) {
      value = node.initializer && bare(node.initializer);
    }
    if (value === undefined) ts.forEachChild(node, look);
  };
  look(name.getSourceFile());
  return value;
}
