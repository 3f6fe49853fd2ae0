import { execFile, execFileSync } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installedSevenZip } from '../support/seven-zip.ts';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { never } from '../storage/archives.ts';
import { FORMAT_EXTENSIONS, FORMATS, type Format } from '../../src/core/archive-format.ts';
import { Secret } from '../../src/core/secret.ts';
import { openB2Storage } from '../../src/storage/b2/storage.ts';
import { systemClock } from '../../src/system/clock.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'größe & "shop"');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const PASSWORD = `- pass"word' $HOME;\\ %41 größe`;

/** What a user does who has nothing but 7-Zip and PostgreSQL's own programs. */
async function restoreByHand(account: Account, archive: string, format: Format, into: string) {
  await cluster.createDatabase(into);
  const folder = account.folder.at('restored');
  execFileSync((await installedSevenZip()).file, ['x', archive, `-o${folder}`, `-p${PASSWORD}`, '-y'], {
    stdio: 'pipe',
  });
  const [entry = ''] = execFileSync('ls', [folder], { encoding: 'utf8' }).trim().split('\n');
  const dump = `${folder}/${entry}`;
  const url = cluster.url(into);
  if (format === 'sql') await promisify(execFile)('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', dump]);
  else await promisify(execFile)('pg_restore', ['--exit-on-error', '-d', url, dump]);
  execFileSync('rm', ['-r', folder]);
}

describe.each(FORMATS)('a %s backup', (format) => {
  test('in a directory brings back an identical database with 7-Zip and PostgreSQL alone', async () => {
    using account = newAccount();
    const added = await account.add({
      name: 'shop',
      'connection-string': cluster.url('größe & "shop"'),
      format,
      destination: `file:${account.folder.at('backups')}`,
      'archive-password': PASSWORD,
    });
    expect(added).toMatchObject({ status: 0 });
    const run = await account.json('run');
    expect(run).toEqual({
      results: [
        {
          serverId: 1,
          name: 'shop',
          status: 'success',
          reason: null,
          backupId: 1,
          objectName: `shop.${FORMAT_EXTENSIONS[format]}.7z`,
          objectId: expect.stringContaining(account.folder.at('backups')),
          size: expect.any(Number),
          rawSize: expect.any(Number),
          durationMs: expect.any(Number),
          warnings: [],
          error: null,
          copies: [
            {
              place: `file:${account.folder.at('backups')}`,
              objectId: expect.stringContaining(account.folder.at('backups')),
              error: null,
            },
          ],
        },
      ],
    });
    const [log] = (await account.json('logs')) as { objectId: string; size: number; checksum: string }[];
    const path = log?.objectId ?? '';
    expect(statSync(path).size).toBe(log?.size);
    expect(log?.checksum).toBe(`sha1:${execFileSync('sha1sum', [path], { encoding: 'utf8' }).slice(0, 40)}`);

    await restoreByHand(account, path, format, `restored ${format} directory`);
    expect(await contentsOf(cluster, `restored ${format} directory`)).toBe(await contentsOf(cluster, 'größe & "shop"'));
    expect(execFileSync('ls', ['-A', account.temporary], { encoding: 'utf8' })).toBe('');
  });

  test('in B2 does the same', async () => {
    await using server = await startB2Server();
    server.createBucket('pgbak-bucket');
    const { id, key } = server.masterKey;
    using account = newAccount({
      B2_API_URL: server.url,
      B2_KEY_ID: id,
      B2_APP_KEY: key,
      B2_BUCKET: 'pgbak-bucket',
      ARCHIVE_PASSWORD: PASSWORD,
    });
    const url = cluster.url('größe & "shop"');
    await account.pgbak('add', '--name', 'shop', '--connection-string', url, '--format', format);
    const run = (await account.json('run')) as { results: { status: string; objectId: string; objectName: string }[] };
    expect(run.results).toMatchObject([{ status: 'success' }]);

    const storage = openB2Storage({
      keyId: new Secret(id),
      applicationKey: new Secret(key),
      bucket: 'pgbak-bucket',
      apiUrl: server.url,
      owner: 'test',
      clock: systemClock,
    });
    const { objectId = '', objectName = '' } = run.results[0] ?? {};
    const archive = account.folder.at('fetched.7z');
    await pipeline(await storage.get({ id: objectId, name: objectName }, never), createWriteStream(archive));
    await restoreByHand(account, archive, format, `restored ${format} B2`);
    expect(await contentsOf(cluster, `restored ${format} B2`)).toBe(await contentsOf(cluster, 'größe & "shop"'));
    expect(server.versions('pgbak-bucket')).toHaveLength(1);
    expect(server.violations).toEqual([]);
  });
});
