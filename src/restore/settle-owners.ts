import type { Context } from '../core/context.ts';
import { grouped } from '../core/group-by.ts';
import { ConfigError } from '../core/errors.ts';
import type { RemoteArchive } from './remote-archives.ts';

/** The archives of another catalogue in a place. */
export interface ForeignArchives {
  catalogId: string;
  count: number;
  archiveNames: string[];
}

interface Owners {
  /** Whether the rebuild may take an archive. */
  isTaken: (archive: RemoteArchive) => boolean;
  foreign: ForeignArchives[];
  /** Catalogues whose archives can be restored from now on, but are never removed. */
  readOnly: string[];
}

/**
 * Decides whose archives a rebuild takes. It leaves those of another catalogue alone, unless `adoptCatalogs` names that
 * catalogue by its id or the first characters of it; then rules hold for them as for our own. Where our catalogue is empty
 * and all archives are of one other catalogue, that is most likely the lost one: its archives can be restored, and no rule
 * removes them until the user names it.
 */
export async function settleOwners(
  archives: readonly RemoteArchive[],
  adoptCatalogs: readonly string[],
  { catalog }: Context,
): Promise<Owners> {
  const byOwner = grouped(
    archives.filter(({ catalogId }) => catalogId !== undefined),
    ({ catalogId }) => catalogId ?? '',
  );
  const known = await catalog.rebuild.knownCatalogs();
  for (const named of adoptCatalogs) {
    const [id, other] = [...byOwner.keys()].filter((one) => one.startsWith(named));
    if (id === undefined || other !== undefined) {
      const what =
        id === undefined ? 'not the id of a catalogue that has archives there' : 'the beginning of several ids';
      throw new ConfigError(`--adopt-catalog is ${what}`, 'To see the ids, leave --adopt-catalog out.');
    }
    await catalog.rebuild.noteCatalog(id, true);
    known.add(id);
  }
  const strangers = [...byOwner.keys()].filter((id) => !known.has(id));
  const [only, ...others] = strangers;
  const isLost = only !== undefined && others.length === 0 && (await catalog.rebuild.isEmpty());
  if (isLost) {
    await catalog.rebuild.noteCatalog(only, false);
    known.add(only);
  }
  const foreign = strangers.flatMap((catalogId): ForeignArchives[] => {
    if (known.has(catalogId)) return [];
    const its = byOwner.get(catalogId) ?? [];
    return [{ catalogId, count: its.length, archiveNames: [...new Set(its.map(({ archiveName }) => archiveName))] }];
  });
  return {
    isTaken: ({ catalogId }) => catalogId === undefined || known.has(catalogId),
    foreign,
    readOnly: isLost ? [only] : [],
  };
}
