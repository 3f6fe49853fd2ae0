import { readdirSync } from 'node:fs';
import type { ResultRow } from '../../support/pgbak.ts';
import type { Chance } from './chance.ts';
import { editOf, fingerprintOf } from './content.ts';
import type { Model } from './model.ts';
import { documentOf, type Ended } from './start.ts';
import { troubleFor, type Trouble } from './trouble.ts';
import { demand, Violation } from './violation.ts';
import type { SoakServer, World } from './world.ts';

export interface Scene {
  world: World;
  model: Model;
  /** Adds words to the line of the action that is under way. */
  say: (words: string) => void;
}

const INTERRUPTED = [143, 130];

/** Runs, with trouble perhaps, while an edit goes on perhaps, and looks at what was said and what is there. */
export async function backUp(
  scene: Scene,
  chance: Chance,
  step: number,
  trouble = troubleFor(scene.world, chance, 'run'),
) {
  const { world, say } = scene;
  using _trouble = trouble;
  const only = chance.onceIn(3) ? chance.oneOf(world.servers) : undefined;
  const jobs = chance.between(1, 3);
  const edited = chance.onceIn(3) ? chance.oneOf(world.servers) : undefined;
  const sql = editOf(chance, step);
  const editAfterMs = chance.between(0, 2500);
  const twoAtOnce = chance.onceIn(12);
  const args = [
    'run',
    '--force',
    '--json',
    '--jobs',
    String(jobs),
    ...(only === undefined ? [] : ['--server', only.name]),
  ];
  say(`pgbak ${args.join(' ')}; ${trouble.words}`);
  if (edited !== undefined) say(`an edit of ${edited.database} after ${editAfterMs} ms`);
  if (twoAtOnce) say('a second run beside it');

  const contents = new Map<string, string[]>();
  for (const server of world.servers) contents.set(server.name, [await fingerprintOf(world.cluster, server.database)]);
  const edit = async () => {
    if (edited === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, editAfterMs));
    await world.cluster.sql(edited.database, sql);
    contents.get(edited.name)?.push(await fingerprintOf(world.cluster, edited.database));
  };
  const before = new Set(readdirSync(world.account.temporary));
  const runs = twoAtOnce ? [trouble, undefined] : [trouble];
  const [ended] = await Promise.all([
    Promise.all(runs.map((one) => world.pgbak(args, { env: one?.env ?? {}, blow: one?.blow }))),
    edit(),
  ]);
  // Nothing that looks at the catalogue shall stumble over it.
  trouble[Symbol.dispose]();
  const meantServers = only === undefined ? world.servers : [only];
  scene.model.observe({
    contents,
    mayPrune: new Set(meantServers.flatMap(({ name, prunesItself }) => (prunesItself ? [name] : []))),
  });
  for (const one of ended) judge(one, scene, trouble, twoAtOnce);
  if (trouble.blow === undefined || ended.some(({ status }) => INTERRUPTED.includes(status ?? -1))) {
    const left = readdirSync(world.account.temporary).filter((name) => !before.has(name));
    demand(twoAtOnce || left.length === 0, `a run that ended by itself left ${left.join(', ')}`);
  }
}

function judge(ended: Ended, { model, say }: Scene, trouble: Trouble, hadRival: boolean): void {
  const { status, signal, stdout, stderr, struck } = ended;
  if (struck !== undefined) say(`struck: ${struck.line}`);
  say(`exit ${status ?? signal ?? '?'}`);
  noneLeft(ended);
  if (signal === 'SIGKILL' || (hadRival && status === 75)) return;
  const known = [0, 1, ...INTERRUPTED];
  // A child of ours that is killed early can be node's own, or the one that looks for programs.
  demand(
    known.includes(status ?? -1) || (!trouble.isQuiet && status === 2),
    `run ended with ${status ?? signal ?? '?'}: ${stdout}${stderr}`,
  );
  if (stdout === '') {
    demand(!trouble.isQuiet, `run said nothing: ${stderr}`);
    return;
  }
  const { results } = documentOf(ended, 'run') as { results?: (ResultRow & { backupId?: number })[] };
  if (results === undefined) {
    demand(!trouble.isQuiet, `run failed as a whole: ${stdout}`);
    demand(status !== 0, `run ended with 0 and said ${stdout}`);
    return;
  }
  for (const { name, status: result, backupId, objectId, error } of results) {
    if (result !== 'success') {
      demand(!trouble.isQuiet, `${name} could not be backed up, and nothing was wrong: ${error ?? result}`);
      continue;
    }
    const backup = backupId === undefined ? undefined : model.backups.get(backupId);
    if (backup === undefined)
      throw new Violation(`run called a backup of ${name} a success that the catalogue does not know`);
    demand(
      backup.objectId === objectId,
      `backup ${backup.id} of ${name} was said to be ${objectId ?? 'nowhere'}, not ${backup.objectId}`,
    );
    demand(backup.fate === 'sound', `backup ${backup.id} of ${name} was called a success and is ${backup.fate}`);
  }
  const isAllGood = results.every(({ status: result }) => result === 'success');
  demand((status === 0) === isAllGood || status === 143, `run ended with ${status ?? '?'} and said ${stdout}`);
}

export function noneLeft({ left }: Ended): void {
  demand(
    left.length === 0,
    `a process outlived pgbak by 30 s: ${left.map(({ pid, line }) => `${pid} ${line}`).join('; ')}`,
  );
}

/** Prunes one server or all, with trouble perhaps. */
export async function prune(scene: Scene, chance: Chance): Promise<void> {
  const { world, model, say } = scene;
  using trouble = troubleFor(world, chance, 'prune');
  const only = chance.onceIn(2) ? chance.oneOf(world.servers) : undefined;
  say(`pgbak prune ${only?.name ?? ''}; ${trouble.words}`);
  const ended = await world.pgbak(['prune', '--json', ...(only === undefined ? [] : [only.name])], trouble);
  trouble[Symbol.dispose]();
  say(`exit ${ended.status ?? ended.signal ?? '?'}`);
  noneLeft(ended);
  const hasRules = ({ keptAtLeast }: SoakServer) => keptAtLeast !== undefined;
  const ruled = (only === undefined ? world.servers : [only]).filter((server) => hasRules(server));
  model.observe({ contents: new Map(), mayPrune: new Set(ruled.map(({ name }) => name)) });
  demand(
    !trouble.isQuiet || ended.status === 0,
    `prune ended with ${ended.status ?? '?'}: ${ended.stdout}${ended.stderr}`,
  );
}
