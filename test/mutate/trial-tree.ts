import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A copy of the working tree in which lines can be broken. */
export interface TrialTree extends Disposable {
  /** Puts a text in place of a file's, and returns the one that was there. */
  exchange(file: string, change: (text: string) => string): string;
  /** Builds `dist`; throws where that fails. */
  build(): Promise<void>;
  /** Runs tests, and tells which failed. */
  runTests(tests: readonly string[], only: string | undefined): Promise<TestReport>;
}

export interface TestReport {
  passed: number;
  /** The titles of the tests that failed. */
  failed: string[];
  /** What jest wrote. */
  output: string;
}

interface JestReport {
  numPassedTests: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

const FORCE_KILL_AFTER_MS = 5000;

/** Copies what git knows or would add, as it stands now; packages are shared. Its end removes the copy. */
export function trialTree(root: string, signal: AbortSignal): TrialTree {
  const path = mkdtempSync(join(tmpdir(), 'pgbak-mutate-'));
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    const words = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z'];
    const files = execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1e8 }).split('\0');
    for (const file of files.filter((name) => name !== '')) {
      // One that was removed, but not yet from git's index, is not there.
      cpSync(join(root, file), join(path, file), { errorOnExist: true, force: false, recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  } catch (error) {
    remove();
    throw error;
  }
  /** Runs Node in the copy. A signal ends its whole process group: tests start programs that would outlive jest. */
  const node = async (args: readonly string[]): Promise<{ failed: boolean; output: string }> => {
    signal.throwIfAborted();
    const child = execa(process.execPath, args, {
      cwd: path,
      stdin: 'ignore',
      all: true,
      reject: false,
      detached: true,
    });
    const killGroup = (name: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // All of it has ended.
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      killGroup('SIGTERM');
      timer = setTimeout(() => killGroup('SIGKILL'), FORCE_KILL_AFTER_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    const { failed, all } = await child;
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    signal.throwIfAborted();
    return { failed, output: all };
  };
  return {
    exchange: (file, change) => {
      const before = readFileSync(join(path, file), 'utf8');
      writeFileSync(join(path, file), change(before));
      return before;
    },
    build: async () => {
      const { failed, output } = await node(['bin/build.js']);
      if (failed) throw new Error(`the build fails: ${output}`);
    },
    runTests: async (tests, only) => {
      const report = join(path, 'mutate-report.json');
      rmSync(report, { force: true });
      const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
      const jest = ['node_modules/jest/bin/jest.js', '-w', '1', '--json', '--outputFile', report];
      const filter = only === undefined ? [] : ['-t', only];
      const { output } = await node([
        ...flags,
        '--import',
        './test/setup/keep-sqlite.mjs',
        ...jest,
        ...filter,
        ...tests,
      ]);
      const { numPassedTests, testResults }: JestReport = JSON.parse(readFileSync(report, 'utf8'));
      const results = testResults.flatMap(({ assertionResults }) => assertionResults);
      const failed = results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
      return { passed: numPassedTests, failed, output };
    },
    [Symbol.dispose]: remove,
  };
}
