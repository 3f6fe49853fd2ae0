// `npm test`: prepares the machine, runs the suite, and says in its last line how it went. With `--checks` types and
// style are looked at as well, and count as a test each. Other arguments go to jest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOR_TESTS, prepare, ROOT } from './prepare.mjs';

const CHECKS = ['types', 'lint'];
const args = process.argv.slice(2);
prepare(FOR_TESTS);

const counts = { passed: 0, failed: 0, skipped: 0 };
if (args.includes('--checks')) {
  for (const check of CHECKS) {
    const { status } = spawnSync('npm', ['run', '--silent', check], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    process.stdout.write(`${status === 0 ? 'PASS' : 'FAIL'} npm run ${check}\n`);
    counts[status === 0 ? 'passed' : 'failed'] += 1;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'pgbak-test-report-'));
const report = join(folder, 'report.json');
const jest = [
  'node_modules/jest/bin/jest.js',
  '--json',
  '--outputFile',
  report,
  ...args.filter((arg) => arg !== '--checks'),
];
const { status } = spawnSync(
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
if (status !== 0 && counts.failed === 0) counts.failed = 1;
const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
