import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../catalog/open-catalog.ts';
import type { Context } from '../core/context.ts';
import { PgbakError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { knownPlacesOf } from '../server/destination.ts';
import { directoryAt } from '../storage/place.ts';
import { checkPlace, markAt } from '../storage/registry.ts';
import type { RemoteArchive } from './remote-archives.ts';

/** A directory that has another path by now, with the archives that were recorded there. */
interface Moved {
  from: string;
  /** Their paths today; not all of them need to be there. */
  paths: string[];
}

/**
 * The recorded directories that were moved to a place: it carries their mark, and their old path does not any more. A copy
 * carries the same mark, but leaves the mark at the old path.
 */
export async function movedTo(place: string, { places }: Pick<Catalog, 'places'>): Promise<Moved[]> {
  const directory = directoryAt(place);
  const mark = directory === undefined ? undefined : await markAt(place);
  if (directory === undefined || mark === undefined) return [];
  const moved: Moved[] = [];
  for (const from of await places.withMark(mark)) {
    const old = directoryAt(from);
    if (from === place || old === undefined || (await markAt(from)) === mark) continue;
    const paths = (await places.held(from)).map((id) => join(directory, id.slice(old.length)));
    if (paths.some((path) => existsSync(path))) moved.push({ from, paths });
  }
  return moved;
}

/** Records the backups of a moved directory under its path of today: those of all servers. Tells what was done, a line each. */
export async function bringAlong(
  place: string,
  { catalog, environment, clock }: Pick<Context, 'catalog' | 'environment' | 'clock'>,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { from, paths } of await movedTo(place, catalog)) {
    await catalog.places.move(folderOf(from), folderOf(place), clock.now());
    const [are, them] = paths.length === 1 ? ['it is', 'it'] : ['they are', 'them'];
    lines.push(`${formatCount(paths.length, 'backup')} moved along: ${are} now in ${place}`);
    const lost = paths.filter((path) => !existsSync(path)).length;
    if (lost > 0) lines.push(`Not there: ${lost} of ${them}. To give up what is missing: ${forget(place)} --missing`);
    const others = (await catalog.servers.list()).filter((one) => knownPlacesOf(one, environment).includes(from));
    for (const { name } of others) {
      lines.push(`${name} has the old path. To change it: pgbak edit ${quoted(name)} --destination ${quoted(place)}`);
    }
  }
  return lines;
}

/** Which directories should hold archives that were found in a place, and are gone: a copy without its mark may be why. */
export async function lostElsewhere(
  archives: readonly RemoteArchive[],
  place: string,
  { catalog }: Pick<Context, 'catalog'>,
): Promise<string[]> {
  const names = new Set(archives.map(({ object }) => object.name));
  const lines: string[] = [];
  for (const [other, count] of await catalog.places.holding([...names])) {
    if (other === place || directoryAt(other) === undefined) continue;
    const problem = await checkPlace(other, catalog.places).catch((error: unknown) => error);
    if (!(problem instanceof PgbakError)) continue;
    const are = count === 1 ? 'is' : 'are';
    lines.push(
      `${formatCount(count, 'backup')} ${are} also recorded in ${other}: ${problem.message}\nIf they are in ${place} now: ${forget(other)}`,
    );
  }
  return lines;
}

/** The command that gives up the backups recorded in a place. */
export function forget(place: string): string {
  return `pgbak catalog forget ${quoted(place)}`;
}

function folderOf(place: string): { place: string; path: string } {
  return { place, path: directoryAt(place) ?? place };
}
