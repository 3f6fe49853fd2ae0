import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { account, cluster, setTheScene } from './b2-scene.ts';

setTheScene();

const one = () => account.folder.at('one');
const other = () => account.folder.at('other');

/** Changes the catalogue behind pgbak's back. */
function spoil(sql: string): void {
  const catalog = new Database(account.catalogPath);
  catalog.exec(sql);
  catalog.close();
}

test('a backup is pruned by the rules of a destination where it has some, but not where its last copy would go', async () => {
  const added = await account.pgbak('destination', 'add', 'nas', one(), '--keep-last=1', '--create-destination');
  expect(added.stdout).toContain("prune keeps 1 newest in nas. The server's own rules do not apply there.");
  const url = cluster.url('shop');
  const flags = ['--destination=nas', `--destination=file:${other()}`, '--create-destination', '--keep-last=3'];
  const told = await account.pgbak('add', '--connection-string', url, ...flags, '--auto-prune');
  expect(told).toMatchObject({ status: 0 });
  for (let made = 0; made < 2; made += 1) expect(await account.results('--force')).toHaveLength(1);
  const archives = (path: string) => archivesIn(path).length;
  expect([archives(one()), archives(other())]).toEqual([1, 2]);

  // The copy beside it is lost: the one of the stricter place stays now.
  rmSync(join(other(), archivesIn(other()).toSorted()[1] ?? ''));
  expect(await account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
  expect([archives(one()), archives(other())]).toEqual([2, 2]);
  expect(await account.json('prune', '--dry-run')).toMatchObject([
    { backupId: 5, place: `file:${other()}`, rulesOf: null },
    { backupId: 5, place: `file:${one()}`, action: 'keep', reasons: ['last', 'newest good'], rulesOf: 'nas' },
    { backupId: 3, place: `file:${other()}`, action: 'missing' },
    {
      backupId: 3,
      place: `file:${one()}`,
      action: 'keep',
      reasons: [`no other good copy is known, and by the rules of file:${other()} it should be there (last)`],
    },
    { backupId: 1, place: `file:${other()}`, action: 'keep' },
  ]);
  const dry = await account.pgbak('prune', '--dry-run');
  expect(dry.stdout).toMatch(/^In nas its own rules apply: keep 1 newest$/m);

  // A server without rules has those of its destination; a record that cannot be read stops pruning in its place.
  await account.pgbak('edit', 'shop', '--keep-last=0', '--destination=nas');
  rmSync(other(), { recursive: true });
  expect(await account.pgbak('catalog', 'forget', `file:${other()}`, '--yes')).toMatchObject({ status: 0 });
  spoil(`update destinations set place = x'ff'`);
  expect((await account.pgbak('prune')).stderr).toMatch(/could not be asked: the record of the destination/);
  expect(archives(one())).toBe(2);
  spoil(`update destinations set place = 'file:${one()}'`);
  expect(await account.pgbak('prune')).toMatchObject({ status: 0, stderr: '' });
  expect(archives(one())).toBe(1);
  expect((await account.pgbak('destination', 'list')).stdout).toContain('1 newest');
});
