import ts from 'typescript';

/** Stands for a part of a text that is not known before the test runs. */
export const UNKNOWN = '…';

/** A text, and the literals in the source that it is made of. */
export interface Text {
  text: string;
  parts: ts.Node[];
}

/** The text that an expression has: of a literal, a template or a concatenation of these; nothing for all else. */
export function textOf(node: ts.Expression | undefined): Text | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return { text: node.text, parts: [node] };
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) => {
      const inner = textOf(bare(expression));
      return { text: (inner?.text ?? UNKNOWN) + literal.text, parts: [...(inner?.parts ?? []), literal] };
    });
    return {
      text: node.head.text + spans.map(({ text }) => text).join(''),
      parts: [node.head, ...spans.flatMap(({ parts }) => parts)],
    };
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(bare(node.left)), textOf(bare(node.right))];
    if (left === undefined && right === undefined) return undefined;
    return {
      text: (left?.text ?? UNKNOWN) + (right?.text ?? UNKNOWN),
      parts: [...(left?.parts ?? []), ...(right?.parts ?? [])],
    };
  }
  return undefined;
}

/** An expression without the parentheses and the types around it. */
export function bare(node: ts.Expression): ts.Expression {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) {
    return bare(node.expression);
  }
  return node;
}
