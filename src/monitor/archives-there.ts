import type { Catalog } from '../catalog/open-catalog.ts';
import { FORMATS } from '../core/archive-format.ts';
import { PgbakError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { objectNameOf } from '../server/names.ts';
import type { ServerFields } from '../server/server.ts';
import { movedTo } from '../restore/moved-directory.ts';
import { CATALOG_FACT, type Storage } from '../storage/storage.ts';

/** One page of a listing, newest first. The newest archives show whether two machines share a name. */
const LOOKED_AT = 1000;

interface There {
  /** Another catalogue that made archives of that name. */
  stranger?: string;
  /** Archives that a rebuild would take into this catalogue. */
  unlistedCount: number;
}

/**
 * Tells what a place holds under the archive name of a server that this catalogue does not list: archives of another
 * machine, with which the next ones would mix, or earlier ones, which a rebuild takes in. Nothing where the place does not
 * list its objects.
 */
export async function archivesThere(
  { archiveName }: Pick<ServerFields, 'archiveName'>,
  storage: Storage,
  catalog: Pick<Catalog, 'rebuild' | 'places'>,
  signal: AbortSignal,
): Promise<string[]> {
  const there: There = { unlistedCount: 0 };
  for (const format of FORMATS) await look(objectNameOf(archiveName, format), there, storage, catalog, signal);
  const { stranger, unlistedCount } = there;
  const { place } = storage;
  const rebuild = `pgbak catalog rebuild --from ${quoted(place)}`;
  return [
    ...(stranger === undefined
      ? []
      : [
          `Mind: ${place} holds archives of that archive name that another catalogue made (${stranger}). ` +
            'Where another machine stores there, give each its own name, such as --archive-name this-host/shop. ' +
            `If they are earlier backups of this server, take them over once these settings are stored: ${rebuild} --adopt-catalog ${stranger}`,
        ]),
    ...(unlistedCount === 0
      ? []
      : [
          `Mind: ${place} holds ${formatCount(unlistedCount, 'archive')} of that archive name that this catalogue does not list. ` +
            `To be able to restore them, take them in once these settings are stored: ${rebuild}`,
        ]),
  ];
}

async function look(
  objectName: string,
  there: There,
  storage: Storage,
  { rebuild, places }: Pick<Catalog, 'rebuild' | 'places'>,
  signal: AbortSignal,
): Promise<void> {
  let listed: Set<string> | undefined;
  const known = await rebuild.knownCatalogs();
  let looked = 0;
  try {
    for await (const { id, name, info } of storage.list(objectName, signal)) {
      const maker = info?.[CATALOG_FACT];
      if (name === objectName && maker !== undefined && !known.has(maker)) there.stranger ??= maker;
      else if (name === objectName) {
        listed ??= await listedIn(storage.place, { places });
        if (!listed.has(id)) there.unlistedCount += 1;
      }
      looked += 1;
      if (looked === LOOKED_AT) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    // A key that may only write is good enough for backups.
    if (!(error instanceof PgbakError)) throw error;
  }
}

/** What is recorded there, and what will be, as the directory was moved there. */
async function listedIn(place: string, catalog: Pick<Catalog, 'places'>): Promise<Set<string>> {
  const moved = await movedTo(place, catalog);
  return new Set([...(await catalog.places.held(place)), ...moved.flatMap(({ paths }) => paths)]);
}
