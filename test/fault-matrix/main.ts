import { writeFileSync } from 'node:fs';
import { cellsOf, KEPT, keptCells, PAGE, readAllTests, writePage } from './page.ts';

// `npm run matrix`: writes docs/fault-matrix.md from the titles of the tests. A pair of a fault and a phase that has a
// test is kept from then on: it is taken out of kept-cells.json by hand, or not at all.
const tests = readAllTests();
const shown = cellsOf(tests);
const before = keptCells();
const kept = [...new Set([...before, ...shown])].toSorted();
writeFileSync(KEPT, `${JSON.stringify(kept, null, 2)}\n`);
writeFileSync(PAGE, await writePage(tests, kept));
process.stdout.write(`${shown.length} pairs of fault and phase\n`);
const lost = kept.filter((cell) => !shown.includes(cell));
if (lost.length > 0) {
  process.stdout.write(`without a test now: ${lost.join(', ')}\n`);
  process.exitCode = 1;
}
