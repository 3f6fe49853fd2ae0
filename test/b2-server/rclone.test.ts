import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const isHere = spawnSync('rclone', ['version']).status === 0;
if (!isHere) process.stderr.write('NOTICE: rclone is not installed, so its tests of the B2 test server are skipped\n');

/** rclone against the server, without any configuration of the user who runs the tests. */
async function rclone(server: B2Server, ...args: string[]): Promise<string> {
  const remote = `:b2,account=${server.masterKey.id},key=${server.masterKey.key},endpoint='${server.url}':`;
  const { stdout } = await promisify(execFile)(
    'rclone',
    [...args.map((arg) => arg.replace('REMOTE:', remote)), '--retries', '1', '--low-level-retries', '1'],
    { env: { ...process.env, RCLONE_CONFIG: '/dev/null' }, encoding: 'buffer', maxBuffer: 1 << 26 },
  );
  return stdout.toString('latin1');
}

// A client that nobody here wrote: what it takes for B2 is B2 enough.
(isHere ? describe : describe.skip)('rclone with the B2 test server', () => {
  test('uploads small and chunked files, lists versions, fetches, compares and deletes', async () => {
    await using server = await startB2Server();
    using folder = temporaryFolder();
    server.createBucket('rclone-bucket');
    mkdirSync(join(folder.path, 'sub dir'));
    writeFileSync(join(folder.path, 'small ü.txt'), 'first');
    writeFileSync(join(folder.path, 'sub dir', 'big.bin'), randomBytes(17_000_000));
    const copy = ['copy', folder.path, 'REMOTE:rclone-bucket', '--b2-upload-cutoff', '6M', '--b2-chunk-size', '5M'];

    await rclone(server, ...copy);
    writeFileSync(join(folder.path, 'small ü.txt'), 'second version');
    await rclone(server, ...copy);

    const list: unknown = JSON.parse(
      Buffer.from(
        await rclone(server, 'lsjson', '-R', '--files-only', '--b2-versions', 'REMOTE:rclone-bucket'),
        'latin1',
      ).toString(),
    );
    expect(list).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Path: 'small ü.txt', Size: 14 }),
        expect.objectContaining({ Path: expect.stringMatching(/^small ü-v.*\.txt$/), Size: 5 }),
        expect.objectContaining({ Path: 'sub dir/big.bin', Size: 17_000_000 }),
      ]),
    );
    expect(list).toHaveLength(3);

    const fetched = await rclone(server, 'cat', 'REMOTE:rclone-bucket/sub dir/big.bin');
    expect(Buffer.from(fetched, 'latin1').equals(readFileSync(join(folder.path, 'sub dir', 'big.bin')))).toBe(true);
    expect(await rclone(server, 'cat', '--offset', '7', '--count', '4', 'REMOTE:rclone-bucket/small ü.txt')).toBe(
      'vers',
    );
    await rclone(server, 'check', '--download', folder.path, 'REMOTE:rclone-bucket');

    await rclone(server, 'deletefile', 'REMOTE:rclone-bucket/small ü.txt');
    await expect(rclone(server, 'check', '--download', folder.path, 'REMOTE:rclone-bucket')).rejects.toThrow();
    expect(server.versions('rclone-bucket').filter(({ fileName }) => fileName === 'small ü.txt')[0]?.action).toBe(
      'hide',
    );
    await rclone(server, 'purge', 'REMOTE:rclone-bucket');
    // B2 deletes a bucket only when it holds no version.
    expect(() => server.versions('rclone-bucket')).toThrow('there is no bucket rclone-bucket');
    expect(server.violations).toEqual([]);
  });
});
