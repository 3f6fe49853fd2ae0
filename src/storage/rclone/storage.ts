import { posix } from 'node:path';
import { Secret } from '../../core/secret.ts';
import { StorageError } from '../../core/errors.ts';
import { systemClock, type Clock } from '../../system/clock.ts';
import { createSlotsFor } from '../../system/concurrency.ts';
import { printPlace, type PlaceMemory } from '../place.ts';
import { ATTEMPTS } from '../retry.ts';
import { factsFor, SIDECAR, SIDECAR_LIMIT_BYTES } from '../sidecar-text.ts';
import { CATALOG_FACT, SUM_FACT, type Storage, type StoredObject } from '../storage.ts';
import { parseVersion, partialNameOf, partialsAmong, versionsAmong, versionsWithSuffix } from '../version-names.ts';
import { openRclone, type RcloneAccount } from './client.ts';
import { openDownload } from './download.ts';
import { rcloneError } from './failure.ts';
import { putArchive } from './put.ts';
import { featuresOf, folderOf, listFiles, statAt, type RemoteFeatures } from './questions.ts';
import { removeFiles } from './remove.ts';
import { readSidecar, readSidecars } from './sidecars.ts';

export interface RcloneOptions extends Omit<RcloneAccount, 'attempts' | 'idleMs' | 'clock'> {
  /** The catalogue's id: marks unfinished files as its own. */
  owner: string;
  memory?: PlaceMemory;
  /** Where a remote tells no hash, read each archive back after its upload. */
  readsBack?: boolean;
  /** How often a call is tried. */
  attempts?: number;
  idleMs?: number;
  clock?: Clock;
}

const IDLE_MS = 120_000;

/**
 * Archives on a remote of rclone, a file for each version, named as in a directory: `shop.20261123T101500Z.sql.7z`. The id of a
 * version is its path below the place. Nothing is asked of the remote before the first call.
 */
export function openRcloneStorage({
  owner,
  memory,
  readsBack = false,
  attempts = ATTEMPTS,
  idleMs = IDLE_MS,
  clock = systemClock,
  ...account
}: RcloneOptions): Storage {
  const client = openRclone({ ...account, attempts, idleMs, clock });
  const { remote, path } = account;
  const place = printPlace({ kind: 'rclone', remote, path });
  const naming = namingIn(place);
  const where = path === '' ? `the remote "${remote}"` : client.at('');
  let known: RemoteFeatures | undefined;
  const features = async (signal: AbortSignal) => (known ??= await featuresOf(client, signal));

  /** Failures of rclone become words here. */
  const guarded = async <T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw rcloneError(error, what, remote);
    }
  };

  /** A directory that is gone, with all that should be in it, is no empty one: the disk of a NAS may not be mounted. */
  const checkIsThere = async (signal: AbortSignal) => {
    if ((await statAt(client, '', signal)) !== undefined) return;
    const expected = (await memory?.expected(place)) ?? [];
    if (expected.length === 0 || !(await features(signal)).hasDirectories) return;
    throw new StorageError(
      `the directory ${client.at('')} is not there, where archives were stored before`,
      `Is its disk mounted? If it is to be made anew: rclone mkdir '${client.at('')}'`,
    );
  };

  return {
    place,

    prepare: (name, signal) =>
      guarded(`store archives in ${where}`, signal, async () => {
        await features(signal);
        await checkIsThere(signal);
        const probe = partialNameOf(name, owner);
        await client.ask(['rcat', client.at(probe)], { signal, input: new Secret('pgbak') });
        await removeFiles(client, [probe], signal);
      }),

    check: (_name, signal) =>
      guarded(`open ${where}`, signal, async () => {
        await features(signal);
        await checkIsThere(signal);
      }),

    put: (name, file, options) =>
      guarded(`store ${name} in ${where}`, options.signal, async () => {
        const able = await features(options.signal);
        return await putArchive(name, file, options, { client, owner, features: able, naming, readsBack });
      }),

    get: ({ id }, signal) => guarded(`download ${client.at(id)}`, signal, () => openDownload(client, id, signal)),

    sumNoteOf: async ({ id, info }) => {
      const { signal } = new AbortController();
      const read = async () => (await readSidecar(client, id, signal))?.note;
      return info?.[SUM_FACT] ?? (await guarded(`read ${client.at(id + SIDECAR)}`, signal, read));
    },

    list: (prefix, signal) => listObjects(prefix, signal),

    remove: ({ id }, signal) =>
      guarded(`remove ${client.at(id)}`, signal, async () => {
        checkIsVersion(id);
        // What is kept with an archive stays where the archive cannot be removed.
        await removeFiles(client, [id, id + SIDECAR], signal);
      }),

    sweep: (name, signal) =>
      guarded(`look for unfinished uploads in ${where}`, signal, async () => {
        const folder = folderOf(name);
        const files = (await listFiles(client, folder, '', { isDeep: false, signal })) ?? [];
        const entries = files.map((file) => posix.basename(file.path));
        const swept: string[] = [];
        for (const entry of partialsAmong(entries, name, owner)) {
          await removeFiles(client, [posix.join(folder, entry)], signal);
          swept.push(`removed the unfinished file ${client.at(posix.join(folder, entry))}`);
        }
        for (const version of versionsWithSuffix(entries, name, SIDECAR)) {
          const id = posix.join(folder, version);
          if (entries.includes(version) || (await readSidecar(client, id, signal))?.info[CATALOG_FACT] !== owner)
            continue;
          await removeFiles(client, [id + SIDECAR], signal);
          swept.push(`removed ${client.at(id + SIDECAR)}, since its archive is gone`);
        }
        return swept;
      }),
  };

  async function* listObjects(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    yield* await guarded(`list ${where}`, signal, async () => {
      // The stamp of a version follows the first point of its object's name, or a later one.
      const start = /^[^.]*\.?/.exec(prefix)?.[0] ?? '';
      const files = await listFiles(client, '', start, { isDeep: true, signal });
      if (files === undefined) await checkIsThere(signal);
      const sizes = new Map((files ?? []).map((file) => [file.path, file.sizeBytes]));
      const versions = versionsAmong([...sizes.keys()], prefix);
      const noted = versions.flatMap(({ file }) => {
        const sizeBytes = sizes.get(file + SIDECAR);
        return sizeBytes === undefined || sizeBytes > SIDECAR_LIMIT_BYTES ? [] : [file];
      });
      const sidecars = await readSidecars(client, noted, { owner, signal });
      return versions.map(({ file, name, storedAt }): StoredObject => {
        const sidecar = sidecars.get(file);
        const { info } = factsFor(sidecar, storedAt);
        const facts =
          sidecar === undefined || info === undefined ? {} : { info: { ...info, [SUM_FACT]: sidecar.note } };
        return { name, id: file, sizeBytes: sizes.get(file) ?? 0, storedAt, ...facts };
      });
    });
  }
}

/** Backups of several servers go to one place at once; those of one second and name get two names. */
const namingIn = createSlotsFor(1);

/** Only what pgbak made is removed, whatever a catalogue says. */
function checkIsVersion(id: string): void {
  if (parseVersion(id) !== undefined && !id.split('/').includes('..')) return;
  throw new StorageError(
    `${id} is not the name of an archive, and was not removed`,
    'Look at it, and remove it by hand.',
  );
}
