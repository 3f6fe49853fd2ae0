import type { Catalog } from '../catalog/open-catalog.ts';
import { objectNameOf } from './archive-name.ts';
import { CATALOG_FACT, type Storage } from '../storage/storage.ts';
import { FORMATS } from '../core/dump-format.ts';
import { type ServerFields } from './server.ts';
import { PgbakError } from '../core/errors.ts';

/** One page of a listing, newest first: a name that two machines share is seen in their newest archives. */
const LOOKED_AT = 1000;

/**
 * A sentence where a place holds archives under a server's archive name that another catalogue made: most likely another
 * machine stores there, and the archives of both could no longer be told by their names. Undefined where there are none, or
 * where the place does not list what it has.
 */
export async function sharedName(
  { archiveName }: ServerFields,
  storage: Storage,
  catalog: Pick<Catalog, 'rebuild'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = await catalog.rebuild.knownCatalogs();
  for (const format of FORMATS) {
    const other = await firstOfAnother(objectNameOf(archiveName, format), known, storage, signal);
    if (other === undefined) continue;
    return (
      `Mind: ${storage.place} holds archives of that archive name that another catalogue made (${other}). ` +
      'Where another machine stores there, give each its own name: --archive-name'
    );
  }
  return undefined;
}

async function firstOfAnother(
  objectName: string,
  known: ReadonlySet<string>,
  storage: Storage,
  signal: AbortSignal,
): Promise<string | undefined> {
  let looked = 0;
  try {
    for await (const { name, info } of storage.list(objectName, signal)) {
      const maker = info?.[CATALOG_FACT];
      if (name === objectName && maker !== undefined && !known.has(maker)) return maker;
      looked += 1;
      if (looked === LOOKED_AT) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    // A key that may only write makes good backups all the same.
    if (!(error instanceof PgbakError)) throw error;
  }
  return undefined;
}
