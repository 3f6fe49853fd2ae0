import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCRIPT = fileURLToPath(new URL('python-client.py', import.meta.url));

// Backblaze's own client: what it takes for B2 is B2 enough. It is Debian's package, for Debian's Python.
test("Backblaze's Python client does all that it can with the B2 test server", async () => {
  await using server = await startB2Server();
  using folder = temporaryFolder();
  const { id, key } = server.masterKey;
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [SCRIPT, server.url, id, key, folder.path], {
    env: { HOME: folder.path, PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  expect(stdout.trim()).toBe('all of it');
  expect(server.violations).toEqual([]);
});
