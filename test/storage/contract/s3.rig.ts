import { createHash } from 'node:crypto';
import { markOf } from '../../../src/storage/s3/keys.ts';
import { parseVersion, versionNameOf } from '../../../src/storage/version-names.ts';
import { md5Of, sha256Of } from '../../support/s3-server/model.ts';
import { s3Place, SECRET_KEY } from '../open-s3.ts';
import type { Kind, Rig } from './rig.ts';
import { armProxy, IDLE_MS, S3_SIZES, WITHOUT_VERSIONS } from './s3-faults.ts';

const A_DAY_MS = 86_400_000;
const PREFIX = 'some/prefix';

async function startS3Rig(versioning: 'Enabled' | undefined): Promise<Rig> {
  const place = await s3Place({ versioning });
  const { bucket } = place.server;
  const keyOf = (name: string) => `${PREFIX}/${name}`;
  const nameOf = (key: string) => {
    const file = key.slice(PREFIX.length + 1);
    return versioning === undefined ? (parseVersion(file)?.name ?? file) : file;
  };
  const versionOf = (id: string) => {
    const version = bucket.versions.find(({ versionId, key }) => (versioning === undefined ? key : versionId) === id);
    if (version === undefined) throw new Error(`there is no version ${id}`);
    return version;
  };
  return {
    open: (owner = 'catalog-1') => place.open({ owner, idleMs: IDLE_MS, prefix: PREFIX }),
    arm: async (fault, step, times = 1) => armProxy(place.proxy, fault, step, times),
    disarm: async () => void place.proxy.faults.splice(0),
    struck: () => place.proxy.struck(),
    there: async () =>
      bucket.versions
        .filter(({ isMarker }) => !isMarker)
        .map(({ key, versionId, content }) => ({
          id: versioning === undefined ? key : versionId,
          name: nameOf(key),
          sizeBytes: content.length,
          sha1: createHash('sha1').update(content).digest('hex'),
        })),
    leftovers: async () => [
      ...bucket.uploads.map(({ key }) => key),
      ...bucket.versions.filter(({ isMarker }) => isMarker).map(({ key }) => key),
    ],
    plant: async (versions) =>
      versions.map(({ name, startedAt }) => {
        const key = keyOf(versioning === undefined ? versionNameOf(name, startedAt, 1) : name);
        const content = Buffer.from('7z');
        const version = bucket.store(key, content, {}, { etag: `"${md5Of(content)}"`, sha256: undefined });
        version.lastModified = startedAt;
        return versioning === undefined ? key : version.versionId;
      }),
    // Only the storage itself knows how it marks what a killed process leaves.
    leaveUnfinished: async (name, owner) => {
      const key = keyOf(versioning === undefined ? versionNameOf(name, new Date(), 1) : name);
      const { bytes } = markOf(owner);
      const mark = { content: bytes, md5: md5Of(bytes), sha256: sha256Of(bytes) };
      const uploadId = `unfinished-${bucket.uploads.length}-${owner}`;
      bucket.uploads.push({ key, uploadId, initiated: new Date(), headers: {}, parts: new Map([[1, mark]]) });
    },
    lock: async ({ id }) => {
      versionOf(id).retainUntil = new Date(Date.now() + A_DAY_MS);
    },
    unlock: async ({ id }) => {
      delete versionOf(id).retainUntil;
    },
    secrets: [SECRET_KEY],
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

export const S3_WITH_VERSIONS: Kind = {
  name: 'S3 with versions',
  start: () => startS3Rig('Enabled'),
  ...S3_SIZES,
  cannot: {},
};

export const S3_WITHOUT_VERSIONS: Kind = {
  name: 'S3 without versions',
  start: () => startS3Rig(undefined),
  ...S3_SIZES,
  cannot: WITHOUT_VERSIONS,
};
