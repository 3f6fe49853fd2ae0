// `npm test`: prepares the machine, runs the suite, and says in its last line how it went. With `--checks` types and
// style are looked at as well, and count as a test each. Other arguments go to jest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOR_TESTS, prepare, ROOT } from './prepare.mjs';

const CHECKS = ['types', 'lint'];
const args = process.argv.slice(2);
await prepare(FOR_TESTS);

const counts = { passed: 0, failed: 0, skipped: 0 };
// They take what the tests leave of the processors, which wait for a server or a page now and then.
const checks = args.includes('--checks') ? CHECKS.map((check) => runCheck(check)) : [];

const folder = mkdtempSync(join(tmpdir(), 'pgbak-test-report-'));
const report = join(folder, 'report.json');
const jest = [
  'node_modules/jest/bin/jest.js',
  '--json',
  '--outputFile',
  report,
  ...args.filter((arg) => arg !== '--checks'),
];
const tests = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    '--import',
    join(ROOT, 'test', 'setup', 'keep-sqlite.mjs'),
    ...jest,
  ],
  // The report itself goes to a file; what people read, jest writes to stderr.
  { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
);
const [status] = await once(tests, 'exit');
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  counts.passed += result.numPassedTests;
  // A file that does not even load holds no tests that could fail.
  counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  counts.skipped += result.numPendingTests;
} catch {
  counts.failed += 1;
}
rmSync(folder, { recursive: true, force: true });
for (const { check, isGood, output } of await Promise.all(checks)) {
  process.stdout.write(`${output}${isGood ? 'PASS' : 'FAIL'} npm run ${check}\n`);
  counts[isGood ? 'passed' : 'failed'] += 1;
}
if (status !== 0 && counts.failed === 0) counts.failed = 1;
const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function runCheck(check) {
  const child = spawn('npm', ['run', '--silent', check], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  return { check, isGood: exitCode === 0, output };
}
