import { existsSync, rmSync } from 'node:fs';
import type { Verification } from '../../../src/restore/verify.ts';
import { eventually } from '../../support/eventually.ts';
import { noneLeft, type Scene } from './backing-up.ts';
import type { Chance } from './chance.ts';
import { fingerprintOf } from './content.ts';
import type { KnownBackup } from './model.ts';
import { documentOf } from './start.ts';
import { troubleFor } from './trouble.ts';
import { demand } from './violation.ts';
import { target, type World } from './world.ts';

const passwordOf = ({ password }: KnownBackup) =>
  password === undefined ? [] : ['--archive-password', `env:${password}`];

/** Those that can be asked for by their server's name. */
const listed = ({ model }: Scene) =>
  [...model.backups.values()].filter(({ fate }) => fate !== 'pruned' && fate !== 'forgotten');

async function dropTarget({ cluster }: World): Promise<void> {
  await cluster.sql('postgres', `drop database if exists ${target.database} with (force)`);
}

/** Restores a backup into a new database: a sound one with its content, another not at all. */
export async function proveBackup({ world, model }: Scene, backup: KnownBackup): Promise<void> {
  const { id, server, fate, contents } = backup;
  await dropTarget(world);
  const at = ['--at', String(id), ...passwordOf(backup)];
  const ended = await world.pgbak(['restore', server, '--create', '--to', `env:${target.variable}`, ...at]);
  const { status, stderr } = ended;
  noneLeft(ended);
  if (fate === 'sound') {
    demand(status === 0, `backup ${id} of ${server} does not come back: ${status ?? '?'} ${stderr}`);
    const content = await fingerprintOf(world.cluster, target.database);
    demand(
      contents.includes(content),
      `backup ${id} of ${server} came back with ${content}, not with ${contents.join(' or ')}`,
    );
  } else {
    demand(
      status === 1,
      `backup ${id} of ${server}, which is ${fate}, ended a restore with ${status ?? '?'}: ${stderr}`,
    );
    demand(!(await holdsTables(world)), `backup ${id} of ${server}, which is ${fate}, left tables behind`);
  }
  await dropTarget(world);
  demand(model.isStored(backup) === (fate !== 'taken'), `backup ${id} of ${server} moved while it was restored`);
}

async function holdsTables({ cluster }: World): Promise<boolean> {
  const isThere = await cluster.sql('postgres', `select 1 from pg_database where datname = '${target.database}'`);
  if (isThere === '') return false;
  return (await cluster.sql(target.database, `select 1 from pg_tables where schemaname = 'public' limit 1`)) !== '';
}

/** Restores one of them, with trouble perhaps: then all of it is there or nothing. */
export async function restore(scene: Scene, chance: Chance): Promise<void> {
  const { world, say } = scene;
  using trouble = troubleFor(world, chance, 'restore');
  const backup = chance.oneOf(listed(scene));
  if (backup === undefined) return say('nothing to restore yet');
  say(`restore of backup ${backup.id} of ${backup.server}; ${trouble.words}`);
  if (trouble.isQuiet) return await proveBackup(scene, backup);
  await dropTarget(world);
  await world.cluster.createDatabase(target.database);
  const ended = await world.pgbak(
    ['restore', backup.server, '--at', String(backup.id), '--to', `env:${target.variable}`, ...passwordOf(backup)],
    trouble,
  );
  say(`exit ${ended.status ?? ended.signal ?? '?'}`);
  noneLeft(ended);
  const sessions = `select count(*) from pg_stat_activity where datname = '${target.database}'`;
  await eventually('its sessions end', async () => (await world.cluster.sql('postgres', sessions)) === '0', 60_000);
  const has = (await holdsTables(world))
    ? await fingerprintOf(world.cluster, target.database).catch(() => 'a part of it')
    : '';
  const isWhole = backup.fate === 'sound' && backup.contents.includes(has);
  demand(has === '' || isWhole, `a restore of backup ${backup.id} of ${backup.server} left ${has}`);
  demand(
    ended.status !== 0 || isWhole,
    `restored, said pgbak of backup ${backup.id} of ${backup.server}, over ${has || 'nothing'}`,
  );
  await dropTarget(world);
}

/** Writes one of them into a file, with trouble perhaps: the file is there exactly when pgbak says so. */
export async function writeFile(scene: Scene, chance: Chance): Promise<void> {
  const { world, say } = scene;
  using trouble = troubleFor(world, chance, 'write');
  const backup = chance.oneOf(listed(scene));
  if (backup === undefined) return say('nothing to write yet');
  say(`backup ${backup.id} of ${backup.server} into a file; ${trouble.words}`);
  const path = world.account.folder.at('restored.dump');
  const args = ['restore', backup.server, '--at', String(backup.id), '--output', path, ...passwordOf(backup)];
  const ended = await world.pgbak(args, trouble);
  say(`exit ${ended.status ?? ended.signal ?? '?'}`);
  noneLeft(ended);
  const isThere = existsSync(path);
  rmSync(path, { force: true });
  demand(
    ended.status !== 0 || (isThere && backup.fate === 'sound'),
    `backup ${backup.id}, ${backup.fate}, was called restored`,
  );
  demand(ended.status !== 1 || !isThere, `a restore of backup ${backup.id} that failed left a file`);
  demand(
    !trouble.isQuiet || (ended.status === 0) === (backup.fate === 'sound'),
    `exit ${ended.status ?? '?'} of a restore of backup ${backup.id}, ${backup.fate}: ${ended.stderr}`,
  );
}

/** Verifies one of them at some level. A sound one is never called bad, a damaged one never good where its bytes are read. */
export async function verify(scene: Scene, chance: Chance): Promise<void> {
  const { world, model, say } = scene;
  using trouble = troubleFor(world, chance, 'verify');
  const level = chance.oneOf(['remote', 'archive', 'restore']) ?? 'archive';
  const ownScratch = chance.onceIn(4);
  const backup = chance.oneOf(listed(scene));
  if (backup === undefined) return say('nothing to verify yet');
  say(`verify of backup ${backup.id} of ${backup.server} at level ${level}; ${trouble.words}`);
  const args = ['verify', backup.server, '--at', String(backup.id), '--level', level, '--json', ...passwordOf(backup)];
  const env = { ...trouble.env, ...(ownScratch ? { PGBAK_SCRATCH_URL: '' } : {}) };
  const ended = await world.pgbak(args, { env, blow: trouble.blow });
  say(`exit ${ended.status ?? ended.signal ?? '?'}`);
  noneLeft(ended);
  trouble[Symbol.dispose]();
  model.observe({ contents: new Map(), mayPrune: new Set() });
  if (ended.stdout === '') {
    demand(!trouble.isQuiet, `verify said nothing: ${ended.stderr}`);
    return;
  }
  const document = documentOf(ended, 'verify') as Verification[] | { error: unknown };
  if (!Array.isArray(document)) {
    demand(!trouble.isQuiet, `verify failed as a whole: ${ended.stdout}`);
    return;
  }
  const [result] = document;
  if (result === undefined) return;
  const { verdict, message } = result;
  say(verdict);
  const what = `backup ${backup.id} of ${backup.server}, ${backup.fate}, was called ${verdict} at level ${level}: ${message}`;
  const isReadThrough = level !== 'remote' || backup.fate === 'taken';
  if (backup.fate === 'sound') {
    demand(verdict !== 'bad' && (verdict === 'good' || !trouble.isQuiet), what);
  } else if (isReadThrough) {
    demand(verdict !== 'good' && (verdict === 'bad' || !trouble.isQuiet), what);
  }
}
