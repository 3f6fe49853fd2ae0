import { createHash, randomBytes } from 'node:crypto';
import { markOf } from '../../../src/storage/s3/keys.ts';
import { openS3Storage } from '../../../src/storage/s3/storage.ts';
import { parseVersion, versionNameOf } from '../../../src/storage/version-names.ts';
import { Secret } from '../../../src/core/secret.ts';
import { startS3Proxy } from '../../support/s3-proxy.ts';
import { signedFetch, type S3Answer, type S3Endpoint, type S3Request } from '../../support/s3/signed-fetch.ts';
import { hastyClock, PART_BYTES } from '../open-s3.ts';
import type { Kind, PlantedVersion, Rig } from './rig.ts';
import { armProxy, S3_SIZES, WITHOUT_VERSIONS } from './s3-faults.ts';

const PREFIX = 'some/prefix';
const AT_ONCE = 16;
/** All of Ceph shares the machine with the test. */
const IDLE_MS = 1500;

interface Listed {
  key: string;
  versionId: string;
  isMarker: boolean;
}

const XML_ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
};
const textIn = (xml: string, tag: string) =>
  (new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '').replaceAll(
    /&(#?\w+);/g,
    (entity, name: string) => XML_ENTITIES[name] ?? entity,
  );

/** A bucket of Ceph's gateway behind the proxy that disturbs; the referee goes past both, with a signer of its own. */
async function startCephRig(endpoint: S3Endpoint, isVersioned: boolean): Promise<Rig> {
  const bucket = `contract-${randomBytes(8).toString('hex')}`;
  const ask = async (request: S3Request): Promise<S3Answer> => {
    const answer = await signedFetch(endpoint, request);
    if (answer.status >= 300) throw new Error(`Ceph answers ${answer.status} to ${request.path}: ${answer.text}`);
    return answer;
  };
  await ask({
    method: 'PUT',
    path: `/${bucket}`,
    // Which brings versions along.
    headers: isVersioned ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {},
  });
  const proxy = await startS3Proxy(endpoint.url);

  const keyOf = ({ name, startedAt }: PlantedVersion) =>
    `${PREFIX}/${isVersioned ? name : versionNameOf(name, startedAt, 1)}`;
  const nameOf = (key: string) => {
    const file = key.slice(PREFIX.length + 1);
    return isVersioned ? file : (parseVersion(file)?.name ?? file);
  };
  const at = (id: string, key: string): S3Request =>
    isVersioned ? { path: `/${bucket}/${key}`, query: { versionId: id } } : { path: `/${bucket}/${key}` };

  async function versions(): Promise<Listed[]> {
    const found: Listed[] = [];
    let from: Record<string, string> = {};
    for (;;) {
      const { text } = await ask({
        path: `/${bucket}`,
        query: { versions: '', ...from },
      });
      for (const [xml, kind] of text.matchAll(/<(Version|DeleteMarker)>.*?<\/\1>/gs)) {
        found.push({
          key: textIn(xml, 'Key'),
          versionId: textIn(xml, 'VersionId'),
          isMarker: kind !== 'Version',
        });
      }
      if (textIn(text, 'IsTruncated') !== 'true') return found;
      from = {
        'key-marker': textIn(text, 'NextKeyMarker'),
        'version-id-marker': textIn(text, 'NextVersionIdMarker'),
      };
    }
  }

  async function uploads(): Promise<{ key: string; uploadId: string }[]> {
    const { text } = await ask({ path: `/${bucket}`, query: { uploads: '' } });
    return [...text.matchAll(/<Upload>.*?<\/Upload>/gs)].map(([xml]) => ({
      key: textIn(xml, 'Key'),
      uploadId: textIn(xml, 'UploadId'),
    }));
  }

  async function hold(id: string, key: string, status: 'ON' | 'OFF'): Promise<void> {
    const { path, query } = at(id, key);
    const body = `<LegalHold><Status>${status}</Status></LegalHold>`;
    const headers = {
      'content-md5': createHash('md5').update(body).digest('base64'),
    };
    await ask({
      method: 'PUT',
      path,
      query: { 'legal-hold': '', ...query },
      body,
      headers,
    });
  }

  return {
    open: (owner = 'catalog-1') =>
      openS3Storage({
        bucket,
        endpoint: proxy.url,
        region: endpoint.region,
        accessKeyId: endpoint.accessKeyId,
        secretAccessKey: new Secret(endpoint.secretAccessKey),
        owner,
        prefix: PREFIX,
        clock: hastyClock([]),
        idleMs: IDLE_MS,
        partBytes: PART_BYTES,
      }),
    arm: async (fault, step, times = 1) => armProxy(proxy, fault, step, times),
    disarm: async () => void proxy.faults.splice(0),
    struck: () => proxy.struck(),
    there: async () => {
      const finished = (await versions()).filter(({ isMarker }) => !isMarker);
      return await inGroups(finished, async ({ key, versionId }) => {
        const id = isVersioned ? versionId : key;
        const { body } = await ask(at(id, key));
        const sha1 = createHash('sha1').update(body).digest('hex');
        return { id, name: nameOf(key), sizeBytes: body.length, sha1 };
      });
    },
    leftovers: async () => [
      ...(await uploads()).map(({ key }) => key),
      ...(await versions()).filter(({ isMarker }) => isMarker).map(({ key }) => key),
    ],
    plant: async (planted) => {
      // Versions of one name have to come one after another.
      const byKey = new Map<string, number[]>();
      planted.forEach((version, index) => {
        byKey.set(keyOf(version), [...(byKey.get(keyOf(version)) ?? []), index]);
      });
      const ids = await inGroups([...byKey], async ([key, indexes]) => {
        const stored: [number, string][] = [];
        for (const index of indexes) {
          const { headers } = await ask({
            method: 'PUT',
            path: `/${bucket}/${key}`,
            body: '7z',
          });
          stored.push([index, isVersioned ? (headers.get('x-amz-version-id') ?? '') : key]);
        }
        return stored;
      });
      return ids
        .flat()
        .toSorted(([a], [b]) => a - b)
        .map(([, id]) => id);
    },
    // Only the storage itself knows how it marks what a killed process leaves.
    leaveUnfinished: async (name, owner) => {
      const path = `/${bucket}/${keyOf({ name, startedAt: new Date() })}`;
      const { text } = await ask({
        method: 'POST',
        path,
        query: { uploads: '' },
      });
      const query = { partNumber: '1', uploadId: textIn(text, 'UploadId') };
      await ask({ method: 'PUT', path, query, body: markOf(owner).bytes });
    },
    lock: async ({ id, name }) => await hold(id, `${PREFIX}/${name}`, 'ON'),
    unlock: async ({ id, name }) => await hold(id, `${PREFIX}/${name}`, 'OFF'),
    secrets: [endpoint.secretAccessKey],
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      for (const { key, uploadId } of await uploads()) {
        await ask({
          method: 'DELETE',
          path: `/${bucket}/${key}`,
          query: { uploadId },
        });
      }
      await inGroups(await versions(), async ({ key, versionId }) => {
        await signedFetch(endpoint, {
          method: 'DELETE',
          path: `/${bucket}/${key}`,
          query: { versionId },
        });
      });
    },
  };
}

async function inGroups<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    done.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))));
  }
  return done;
}

/** The kinds of S3, at Ceph's gateway. */
export const cephKinds = (endpoint: S3Endpoint): Kind[] => [
  {
    name: 'Ceph with versions',
    start: () => startCephRig(endpoint, true),
    ...S3_SIZES,
    cannot: {},
  },
  {
    name: 'Ceph without versions',
    start: () => startCephRig(endpoint, false),
    ...S3_SIZES,
    cannot: WITHOUT_VERSIONS,
  },
];
