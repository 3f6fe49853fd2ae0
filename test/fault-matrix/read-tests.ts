import ts from 'typescript';
import type { CellName } from './kinds-and-phases.ts';
import { filled, rowsOf, type Row } from './rows.ts';
import { looksTagged, splitTag } from './tag.ts';
import { testCall, type TestCall } from './test-calls.ts';
import { textOf } from './texts.ts';

/** A test that shows a fault. */
export interface FaultTest {
  file: string;
  /** The titles of the groups that it stands in, and its own. */
  title: string;
  cells: CellName[];
}

/** A group or a test with its title so far. */
type Case = Omit<FaultTest, 'file'>;

/**
 * The tests of one file that are tagged.
 *
 * @param file its name, for the answer and for errors
 * @throws {Error} A tag that is misspelt, names what is not known, or belongs to no test that runs.
 */
export function readTests(file: string, source: string): FaultTest[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const used = new Set<ts.Node>();
  const found: Case[] = [];

  const casesOf = (call: TestCall, above: Case): Case[] => {
    const title = textOf(call.title);
    const own = splitTag(title?.text ?? '');
    const rows = call.table === undefined ? [] : rowsOf(call.table);
    [...(title?.parts ?? []), ...rows.flatMap(({ parts }) => parts)].forEach((part) => used.add(part));
    const alike = new Map<string, Row[]>();
    rows.forEach((row) => alike.set(row.cells.join(), [...(alike.get(row.cells.join()) ?? []), row]));
    return (rows.length === 0 ? [[]] : [...alike.values()]).map((group) => ({
      title: `${above.title} ${filled(own.words, group)}`.trim(),
      cells: [...above.cells, ...own.cells, ...(group[0]?.cells ?? [])],
    }));
  };
  const visit = (node: ts.Node, above: Case): void => {
    const call = testCall(node);
    if (call?.runs === false) return;
    const cases = call === undefined ? [above] : naming(node, () => casesOf(call, above));
    if (call?.isGroup === false) found.push(...cases);
    if (call === undefined) ts.forEachChild(node, (child) => visit(child, above));
    else cases.forEach((below) => call.body.forEach((argument) => visit(argument, below)));
  };
  /** A tag that nobody read would be a cell that nobody sees. */
  const refuseStrays = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && looksTagged(node.text) && !used.has(node)) {
      naming(node, () => {
        throw new Error(`the tag belongs to the title of no test that runs: ${node.text}`);
      });
    }
    ts.forEachChild(node, refuseStrays);
  };
  visit(tree, { title: '', cells: [] });
  refuseStrays(tree);
  return found.filter(({ cells }) => cells.length > 0).map((one) => ({ file, ...one, cells: [...new Set(one.cells)] }));
}

/** Does something, and tells file and line where it fails. */
function naming<T>(node: ts.Node, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const tree = node.getSourceFile();
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    throw new Error(`${tree.fileName}:${line + 1}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
