import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { account, cluster, server, setTheScene } from './b2-scene.ts';

setTheScene();
let receiver: HttpRecorder;
beforeEach(async () => {
  receiver = await startHttpRecorder();
});
afterEach(async () => await receiver[Symbol.asyncDispose]());

const one = () => account.folder.at('one');
const other = () => account.folder.at('other');
const pinged = () => receiver.requests.map(({ url }) => url);
const inBucket = () => server.versions('pgbak-bucket').filter(({ action }) => action === 'upload');

/** Adds the server `shop`, whose archives go to a bucket and to two directories. */
async function addShop(...flags: string[]): Promise<void> {
  const places = ['b2', `file:${one()}`, `file:${other()}`].flatMap((place) => ['--destination', place]);
  const pings = ['success', 'fail'].flatMap((name) => [`--hc-url-${name}`, `${receiver.url}/${name}`]);
  const url = cluster.url('shop');
  const added = await account.pgbak(
    'add',
    '--connection-string',
    url,
    ...places,
    ...pings,
    '--create-destination',
    ...flags,
  );
  expect(added).toMatchObject({ status: 0 });
}

/** The bucket takes nothing any more. */
function close(): void {
  for (const endpoint of ['b2_get_upload_url', 'b2_get_upload_part_url', 'b2_start_large_file']) {
    server.faults.add({ endpoint, times: 1000, action: { kind: 'refuse', status: 403, code: 'cap_exceeded' } });
  }
}

async function restored(at: string, ...flags: string[]) {
  const path = account.folder.at(`restored-${Math.random()}.sql`);
  const { status, stderr } = await account.pgbak('restore', 'shop', '--at', at, '--output', path, ...flags);
  return { status, stderr, dump: status === 0 ? readFileSync(path, 'utf8') : '' };
}

describe('a backup of a server with three destinations', () => {
  test('is one dump and three copies, each of which restores it alone', async () => {
    await addShop();
    const [result] = await account.results('--force');
    expect(result).toMatchObject({
      status: 'success',
      copies: [{ place: 'b2:pgbak-bucket' }, { place: `file:${one()}` }, { place: `file:${other()}` }],
    });
    const [first] = archivesIn(one());
    const [second] = archivesIn(other());
    const bytes = readFileSync(join(one(), first ?? ''));
    expect(readFileSync(join(other(), second ?? '')).equals(bytes)).toBe(true);
    expect(inBucket()).toMatchObject([{ contentLength: bytes.length }]);
    expect(await account.json('status')).toMatchObject([{ state: 'OK', places: { held: 3, of: 3 } }]);
    expect(await account.json('logs')).toHaveLength(1);
    expect((await account.pgbak('backups')).stdout).toMatch(/, 3\/3 .*present/);
    expect(await account.json('verify')).toMatchObject([
      { backupId: 1, place: 'b2:pgbak-bucket', verdict: 'good' },
      { backupId: 1, place: `file:${one()}`, verdict: 'good' },
      { backupId: 1, place: `file:${other()}`, verdict: 'good' },
    ]);
    for (const from of ['b2:pgbak-bucket', one(), `file:${other()}`]) {
      expect((await restored('1', '--from', from)).dump).toContain('CREATE TABLE public.goods');
    }
  });

  test('is restored from the last copy that is left', async () => {
    await addShop();
    await account.results('--force');
    rmSync(join(one(), archivesIn(one())[0] ?? ''));
    server.faults.add({
      endpoint: 'b2_download',
      times: 1000,
      action: { kind: 'refuse', status: 404, code: 'not_found' },
    });
    const { status, stderr, dump } = await restored('latest');
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/Going on with the one in file:/),
    });
    expect(dump).toContain('CREATE TABLE public.goods');
  });

  test('is incomplete where one of them refuses it, and the next run makes that copy without a dump', async () => {
    await addShop();
    close();
    const run = await account.start(['run', '--json']).finished;
    expect(run.status).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      results: [
        {
          status: 'incomplete',
          error: expect.stringMatching(/^stored in 2 of 3 places: b2:pgbak-bucket: /),
          copies: [
            { place: `file:${one()}`, error: null },
            { place: `file:${other()}` },
            { place: 'b2:pgbak-bucket', objectId: null },
          ],
        },
      ],
    });
    expect(pinged()).toEqual(['/fail']);
    expect(receiver.requests[0]?.body).toMatch(/^stored in 2 of 3 places: /);
    const before = await account.pgbak('status');
    expect(before).toMatchObject({ status: 1, stdout: expect.stringMatching(/INCOMPLETE/) });

    // It is not due, and the bucket still refuses.
    const again = await account.start(['run', '--json']).finished;
    expect({ status: again.status, ...JSON.parse(again.stdout) }).toMatchObject({
      status: 1,
      results: [
        {
          status: 'incomplete',
          backupId: 1,
          error: expect.stringMatching(/^backup 1 is stored in 2 of 3 places: b2:pgbak-bucket: /),
          copies: [{ error: null }, { error: null }, { place: 'b2:pgbak-bucket', objectId: null }],
        },
      ],
    });
    expect(receiver.requests.at(-1)).toMatchObject({
      url: '/fail',
      body: expect.stringMatching(/^backup 1 is stored/),
    });
    expect(archivesIn(one())).toHaveLength(1);

    server.faults.clear();
    expect(await account.results()).toMatchObject([{ status: 'skipped', reason: 'made the copy that was missing' }]);
    expect(pinged().at(-1)).toBe('/success');
    expect(archivesIn(one())).toHaveLength(1);
    expect(inBucket()).toHaveLength(1);
    expect(await account.json('status')).toMatchObject([{ state: 'OK', places: { held: 3, of: 3 } }]);
    expect(await account.json('verify', '--from', 'b2:pgbak-bucket')).toMatchObject([{ verdict: 'good' }]);
    expect(await account.results()).toMatchObject([{ status: 'skipped' }]);
  });

  test('fails where none of them takes it', async () => {
    const places = ['b2', 'b2:pgbak-bucket/else'].flatMap((place) => ['--destination', place]);
    const url = cluster.url('shop');
    expect(await account.pgbak('add', '--connection-string', url, ...places)).toMatchObject({ status: 0 });
    close();
    expect(await account.results('--force')).toMatchObject([{ status: 'failed' }]);
  });

  test('keeps its id when the place that held it first is given up', async () => {
    await addShop();
    await account.results('--force');
    const left = [one(), other()].flatMap((path) => ['--destination', `file:${path}`]);
    expect(await account.pgbak('edit', 'shop', ...left)).toMatchObject({ status: 0 });
    expect(await account.pgbak('catalog', 'forget', 'b2:pgbak-bucket', '--yes')).toMatchObject({ status: 0 });
    expect(await account.json('backups')).toMatchObject([{ backupId: 1, place: `file:${one()}` }]);
    expect(await account.json('status')).toMatchObject([{ state: 'OK', places: { held: 2, of: 2 } }]);
    expect((await restored('1')).dump).toContain('CREATE TABLE public.goods');
  });

  test('stays against all rules while a person keeps it', async () => {
    await addShop('--keep-last', '1');
    await account.results('--force');
    const kept = await account.pgbak('keep', 'shop', '--note', 'before the move');
    expect(kept).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Backup 1 of shop, made .* is kept\. /) });
    await account.results('--force');
    const reasons = async () => {
      const rows = (await account.json('prune', '--dry-run')) as {
        backupId: number;
        action: string;
        reasons: string[];
      }[];
      return rows.filter(({ backupId }) => backupId === 1).map(({ action, reasons: why }) => [action, ...why]);
    };
    expect(await reasons()).toEqual(Array.from({ length: 3 }, () => ['keep', 'kept by hand: before the move']));
    expect(await account.pgbak('keep', 'shop', '--at', '1', '--release')).toMatchObject({ status: 0 });
    expect(await reasons()).toEqual(Array.from({ length: 3 }, () => ['remove']));
  });

  test('is pruned in each of them by the rules', async () => {
    await addShop('--keep-last', '2');
    for (let made = 0; made < 3; made += 1) await account.results('--force');
    rmSync(join(one(), archivesIn(one()).toSorted()[2] ?? ''));
    const pruned = await account.start(['prune', '--json']).finished;
    expect(pruned.status).toBe(0);
    expect(inBucket()).toHaveLength(2);
    expect(archivesIn(other())).toHaveLength(2);
    // The newest is missing there, so that the two before it stay.
    expect(archivesIn(one()).filter((name) => name.endsWith('.7z'))).toHaveLength(2);
    expect(await account.json('backups')).toMatchObject([
      { backupId: 7, place: 'b2:pgbak-bucket', state: 'present' },
      { backupId: 4, place: 'b2:pgbak-bucket', state: 'present' },
      // It is a restore point while one of its copies is left.
      { backupId: 1, place: `file:${one()}`, state: 'present' },
    ]);
  });

  test('is brought to a place that is added later', async () => {
    const url = cluster.url('shop');
    expect(await account.pgbak('add', '--connection-string', url, '--destination', 'b2')).toMatchObject({ status: 0 });
    for (let made = 0; made < 2; made += 1) await account.results('--force');
    const places = ['b2', `file:${one()}`].flatMap((place) => ['--destination', place]);
    expect(await account.pgbak('edit', 'shop', ...places, '--create-destination')).toMatchObject({ status: 0 });
    expect(await account.json('copy', 'shop', '--all-backups')).toMatchObject([{ success: true }, { success: true }]);
    expect(archivesIn(one())).toHaveLength(2);
    expect((await account.pgbak('copy')).stdout).toBe('No copy is missing.\n');
    expect(await account.json('verify', 'shop', '--all', '--from', one())).toMatchObject([
      { verdict: 'good' },
      { verdict: 'good' },
    ]);
  });
});
