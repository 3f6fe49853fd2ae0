import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { SIDECAR } from '../../../src/storage/sidecar-text.ts';
import type { Scene } from './backing-up.ts';
import type { Chance } from './chance.ts';
import { editOf } from './content.ts';
import { demand } from './violation.ts';

/** Changes what a database holds. */
export async function editDatabase({ world, say }: Scene, chance: Chance, step: number): Promise<void> {
  const server = chance.oneOf(world.servers);
  if (server === undefined) return;
  say(`an edit of ${server.database}`);
  await world.cluster.sql(server.database, editOf(chance, step));
}

/** Flips a byte of an archive in the directory, deletes it or gives it another name, as a bad disk or a hand does. */
export function harmArchive({ model, say }: Scene, chance: Chance): void {
  const how = chance.oneOf(['flip', 'flip', 'delete', 'rename', 'cut']);
  const share = chance.below(1000) / 1000;
  const bit = 1 << chance.below(8);
  const alsoItsSum = chance.onceIn(2);
  const backup = chance.oneOf(
    [...model.backups.values()].filter(({ place, fate }) => place === 'directory' && fate === 'sound'),
  );
  if (backup === undefined) return say('no archive to harm yet');
  const { objectId: path } = backup;
  say(`${how} ${path.slice(path.lastIndexOf('/') + 1)}, backup ${backup.id} of ${backup.server}`);
  if (how === 'delete' || how === 'rename') {
    if (how === 'delete') rmSync(path);
    else renameSync(path, `${path}.put-aside`);
    const sum = `${path}${SIDECAR}`;
    if (alsoItsSum && existsSync(sum)) rmSync(sum);
    backup.fate = 'taken';
    return;
  }
  const file = openSync(path, 'r+');
  const { size } = statSync(path);
  const at = Math.floor(share * (how === 'cut' ? size - 600 : size));
  const byte = Buffer.alloc(how === 'cut' ? 512 : 1);
  readSync(file, byte, 0, byte.length, at);
  byte[0] = (byte[0] ?? 0) ^ bit;
  if (how === 'cut') byte.fill(0, 1);
  writeSync(file, byte, 0, byte.length, at);
  fsyncSync(file);
  closeSync(file);
  backup.fate = 'damaged';
}

/** Gives a server other settings. */
export async function editServer({ world, say }: Scene, chance: Chance): Promise<void> {
  const server = chance.oneOf(world.servers);
  const what = chance.oneOf(['format', 'compression', 'keep', 'password', 'check']);
  const format = chance.oneOf(['sql', 'binary']) ?? 'sql';
  const compression = chance.oneOf(['lzma2:1', 'lzma2:6', 'zstd:3', 'none', 'ppmd']) ?? 'none';
  const count = chance.between(1, 5);
  const password = chance.oneOf(['SOAK_PASSWORD_A', 'SOAK_PASSWORD_B']) ?? '';
  const after = chance.oneOf(['archive', 'none']) ?? 'none';
  if (server === undefined) return;
  const change = (flags: Record<string, string>) => {
    Object.assign(server.flags, flags);
    return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  };
  let words: string[];
  if (what === 'format') words = change({ format });
  else if (what === 'compression') words = change({ compression });
  else if (what === 'check') words = change({ 'verify-after': after });
  else if (what === 'keep' && server.flags['keep-last'] !== undefined) {
    words = change({ 'keep-last': String(count) });
    server.keptAtLeast = count;
  } else if (what === 'password' && server.password !== undefined) {
    server.password = password;
    words = [`--archive-password=env:${password}`];
  } else words = change({ 'size-tolerance': String(count * 10) });
  say(`pgbak edit ${server.name} ${words.join(' ')}`);
  const { status, stderr } = await world.pgbak(['edit', server.name, '--no-check', ...words]);
  demand(status === 0, `edit ended with ${status ?? '?'}: ${stderr}`);
}

/** Forgets a server and adds it again: its archives and its history stay. */
export async function forgetServer({ world, model, say }: Scene, chance: Chance): Promise<void> {
  const server = chance.oneOf(world.servers);
  if (server === undefined) return;
  say(`pgbak del ${server.name}, and add`);
  const { status, stderr } = await world.pgbak(['del', server.name, '--yes']);
  demand(status === 0, `del ended with ${status ?? '?'}: ${stderr}`);
  for (const backup of model.backups.values()) {
    if (backup.server !== server.name || backup.fate === 'pruned') continue;
    // Of one that we took nothing is left to ask for.
    backup.fate = backup.fate === 'taken' ? 'pruned' : 'forgotten';
  }
  await world.addServer(server);
  model.observe({ contents: new Map(), mayPrune: new Set() });
}
