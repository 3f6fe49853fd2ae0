import Database from 'better-sqlite3';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIDECAR } from '../../../src/storage/sidecar-text.ts';
import { eventually } from '../../support/eventually.ts';
import { processesWith } from '../../support/processes.ts';
import { backUp, type Scene } from './backing-up.ts';
import { proveBackup } from './bringing-back.ts';
import { chanceFrom } from './chance.ts';
import { documentOf } from './start.ts';
import { NO_TROUBLE } from './trouble.ts';
import { demand } from './violation.ts';
import { BUCKET } from './world.ts';

interface Point {
  backupId: number | null;
  state: string;
  objectId: string | null;
}

/** All servers, and nothing that stands in the way. */
export async function backUpInPeace(scene: Scene): Promise<void> {
  await backUp(scene, plain, 0, NO_TROUBLE);
}

/** One run without trouble, then: every backup that counts comes back, and nothing lies anywhere that nobody lists. */
export async function judgeTheEnd(scene: Scene): Promise<void> {
  const { world, model, say } = scene;
  await backUpInPeace(scene);
  const ended = await world.pgbak(['backups', '--limit', '100000', '--json']);
  demand(ended.status === 0, `backups ended with ${ended.status ?? '?'}: ${ended.stderr}`);
  const points = documentOf(ended, 'backups') as Point[];
  const byId = new Map(points.map((point) => [point.backupId, point]));
  for (const { id, server, fate } of model.backups.values()) {
    const state = byId.get(id)?.state;
    const wanted: (string | undefined)[] = {
      sound: ['present'],
      damaged: ['present'],
      taken: ['missing'],
      pruned: [undefined, 'missing', 'unknown'],
      // Its place is asked where another server has it too.
      forgotten: ['unknown', 'present'],
    }[fate];
    demand(wanted.includes(state), `backup ${id} of ${server}, which is ${fate}, is listed as ${state ?? 'nothing'}`);
  }
  const unrecorded = points.filter(({ backupId }) => backupId === null).length;
  say(`${points.length} listed, ${unrecorded} of them not in the catalogue`);

  const forgotten = [...model.backups.values()].filter(({ fate }) => fate === 'forgotten');
  const known = new Set([...points, ...forgotten].map(({ objectId }) => objectId));
  judgeDirectory(scene, known);
  judgeBucket(scene, known);
  judgeSecrets(scene);
  judgeMachine(scene);
  let restored = 0;
  for (const backup of model.backups.values()) {
    if (backup.fate === 'pruned' || backup.fate === 'forgotten') continue;
    await proveBackup(scene, backup);
    restored += 1;
  }
  judgeMachine(scene);
  await eventually('all processes end', () => processesWith(world.account.folder.path).length === 0).catch(() => {
    const [left] = processesWith(world.account.folder.path);
    demand(left === undefined, `a process is left at the end: ${left?.pid ?? ''} ${left?.line ?? ''}`);
  });
  say(`${restored} restored or refused as they should be`);
}

/** Chooses the plainest of everything: all servers, no edit. */
const plain = { ...chanceFrom(0), onceIn: () => false, between: (least: number) => least };

const isCatalogCopy = (name: string) => /(^|\/)pgbak-catalog-[^/]*\.sqlite\.7z/.test(name);

function judgeDirectory({ world, model }: Scene, known: ReadonlySet<string | null>): void {
  const taken = [...model.backups.values()].filter(({ fate }) => fate === 'taken' || fate === 'pruned');
  const ours = new Set(taken.flatMap(({ objectId }) => [`${objectId}.put-aside`, `${objectId}${SIDECAR}`]));
  const isAllowed = (path: string) =>
    known.has(path) ||
    (path.endsWith(SIDECAR) && known.has(path.slice(0, -SIDECAR.length))) ||
    ours.has(path) ||
    (isCatalogCopy(path) && !path.endsWith('.partial')) ||
    path === join(world.directory, '.pgbak-destination');
  const strange = filesIn(world.directory).filter((path) => !isAllowed(path));
  demand(strange.length === 0, `in the directory lies what nobody lists: ${strange.join(', ')}`);
}

function judgeBucket({ world }: Scene, known: ReadonlySet<string | null>): void {
  const unfinished = world.b2.unfinished().map(({ fileName }) => fileName);
  demand(unfinished.length === 0, `large files are left unfinished: ${unfinished.join(', ')}`);
  const strange = world.b2
    .versions(BUCKET)
    .filter(({ fileId, fileName }) => !known.has(fileId) && !isCatalogCopy(fileName));
  demand(
    strange.length === 0,
    `in the bucket lies what nobody lists: ${strange.map(({ fileName, fileId, fileInfo }) => `${fileName} ${fileId} ${JSON.stringify(fileInfo)} ${recordOf(world, fileId)}`).join(', ')}`,
  );
  demand(world.b2.violations.length === 0, `B2's rules were broken: ${world.b2.violations.join('; ')}`);
}

/** What the catalogue has of an object, whatever it counts as, for a message. */
function recordOf({ account }: Scene['world'], objectId: string): string {
  const catalog = new Database(account.catalogPath, { readonly: true });
  try {
    return JSON.stringify(catalog.prepare('select * from backup_log where object_id = ?').all(objectId));
  } finally {
    catalog.close();
  }
}

function judgeMachine({ world }: Scene): void {
  const temporary = [world.account.temporary, ...(world.tinyDisk === undefined ? [] : [world.tinyDisk])];
  const left = temporary.flatMap((directory) => filesIn(directory, true));
  demand(left.length === 0, `in the temporary directory lies ${left.join(', ')}`);
}

/** What pgbak was given as a secret stands in no file that it wrote. */
function judgeSecrets({ world }: Scene): void {
  const { account, directory, secrets } = world;
  for (const path of [...filesIn(account.folder.at('home')), ...filesIn(directory)]) {
    const content = readFileSync(path);
    demand(!secrets.some((secret) => content.includes(secret)), `a secret stands in ${path}`);
  }
}

/** All files in a directory and below, and the directories too if they are asked for. */
function filesIn(directory: string, alsoDirectories = false): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) return [path];
    return [...(alsoDirectories ? [path] : []), ...filesIn(path, alsoDirectories)];
  });
}
