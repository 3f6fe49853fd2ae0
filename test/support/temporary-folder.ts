import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends Disposable {
  path: string;
  /** The path of something in it. */
  at(...names: string[]): string;
}

/** A folder of a test's own, gone when the test is. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'pgbak-test-'));
  // As /tmp is: a server that runs under another account has to get to its own directory in it.
  chmodSync(path, 0o711);
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
