import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { CATALOG_FACT } from '../object-facts.ts';
import { versionsOf } from './directory-names.ts';
import { readSidecar, SIDECAR } from './sidecar.ts';

/**
 * Removes what lies beside archives of one name that somebody removed by hand. Only what says that this very catalogue
 * made it is removed. Returns a sentence for each.
 */
export async function sweepSidecars(directory: string, name: string, owner: string): Promise<string[]> {
  const swept: string[] = [];
  for (const path of await versionsOf(directory, name, SIDECAR)) {
    if (existsSync(path)) continue;
    const sidecar = await readSidecar(path);
    if (sidecar?.info[CATALOG_FACT] !== owner) continue;
    await rm(`${path}${SIDECAR}`, { force: true });
    swept.push(`removed ${path}${SIDECAR}, as the archive beside it is gone`);
  }
  return swept;
}
