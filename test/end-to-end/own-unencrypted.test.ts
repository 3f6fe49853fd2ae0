import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { account, backUp, forget, PASSWORD, planting, rebuild, replace, setTheScene, verdicts } from './proof-scene.ts';

// Backups that were made before the first archive password was set.

setTheScene();

test('an own backup of the time before the password needs no flag, and another in its place is refused {replaced@fetch}', async () => {
  delete account.env['ARCHIVE_PASSWORD'];
  const archive = await backUp();
  account.env['ARCHIVE_PASSWORD'] = PASSWORD;
  const dump = account.folder.at('whole.sql');
  expect(await account.pgbak('restore', 'shop', '--output', dump)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/backup 1 of shop was made without an archive password/),
  });
  expect(await verdicts()).toMatchObject([{ verdict: 'good' }]);

  // The same archive, where the catalogue knows only what storage says.
  forget();
  expect(await rebuild()).toMatchObject({ status: 0 });
  const file = account.folder.at('out.sql');
  const { status, stderr } = await account.pgbak('restore', 'shop', '--output', file);
  expect({ status, stderr: stderr.replaceAll(/\s+/g, ' ') }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`pgbak restore shop --at 1 --output ${file} --allow-unencrypted`),
  });
  expect(existsSync(file)).toBe(false);
  expect(await verdicts()).toMatchObject([
    {
      verdict: 'unknown',
      message: expect.stringMatching(/pgbak verify shop --at 1 --level archive --allow-unencrypted/),
    },
  ]);
  replace(archive, { 'shop.sql': planting(file) });
  expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({ status: 1 });
});
