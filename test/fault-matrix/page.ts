import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { KINDS, PHASES, type CellName, type Kind, type Phase } from './kinds-and-phases.ts';
import { readTests, type FaultTest } from './read-tests.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PAGE = join(ROOT, 'docs/fault-matrix.md');
export const KEPT = join(ROOT, 'test/fault-matrix/kept-cells.json');

const kinds = Object.keys(KINDS) as Kind[];
const phases = Object.keys(PHASES) as Phase[];

/** Every test below test/ that shows a fault. */
export function readAllTests(): FaultTest[] {
  return readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('fault-matrix/'))
    .toSorted()
    .flatMap((name) => readTests(`test/${name}`, readFileSync(join(ROOT, 'test', name), 'utf8')));
}

/** The cells that some test shows, in the order of the page. */
export function cellsOf(tests: readonly FaultTest[]): CellName[] {
  const shown = new Set(tests.flatMap(({ cells }) => cells));
  return phases.flatMap((phase) => kinds.map((kind): CellName => `${kind}@${phase}`)).filter((cell) => shown.has(cell));
}

/** The cells that had a test at some time and must keep one. */
export function keptCells(): CellName[] {
  return JSON.parse(readFileSync(KEPT, 'utf8')) as CellName[];
}

/** The page, as it stands in docs. */
export async function writePage(tests: readonly FaultTest[], kept: readonly CellName[]): Promise<string> {
  const showing = (cell: CellName) => tests.filter(({ cells }) => cells.includes(cell));
  const shown = cellsOf(tests);
  const mark = (cell: CellName) => showing(cell).length || (kept.includes(cell) ? '**hole**' : '');
  const table = [
    ['', ...phases],
    ['---', ...phases.map(() => '--:')],
    ...kinds.map((kind) => [kind, ...phases.map((phase) => String(mark(`${kind}@${phase}`)))]),
  ];
  const sections = phases.map((phase) => {
    const lines = kinds.flatMap((kind) =>
      showing(`${kind}@${phase}`).map(
        ({ title, file }) => `- **${kind}**: ${escaped(title)} ([${nameOf(file)}](../${file}))`,
      ),
    );
    return `## ${phase}\n\nFaults while ${PHASES[phase]}:\n\n${lines.join('\n')}`;
  });
  return await format(
    [
      '# Faults, and what becomes of them',
      `This page tells what a user sees when something goes wrong: by kind of fault, and by the phase in which it happens.
There are ${shown.length} pairs of kind and phase. Each pair has at least one test, and the sentences below are the titles of these
tests.

\`npm run matrix\` writes this page. A test fails if the page does not match the tests, or if a pair has lost its last test.`,
      table.map((row) => `| ${row.join(' | ')} |`).join('\n'),
      'Each number is a number of tests. The kinds of fault:',
      kinds.map((kind) => `- **${kind}**: ${KINDS[kind]}`).join('\n'),
      ...sections,
    ].join('\n\n'),
    { parser: 'markdown', printWidth: 120 },
  );
}

const nameOf = (file: string) => file.replace(/^test\//, '').replace(/\.test\.ts$/, '');

/** Words that Markdown would read as its own marks. */
const escaped = (text: string) => text.replace(/[\\`*|<>[\]]/g, '\\$&').replace(/\s+/g, ' ');
