import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { CATALOG_FACT } from '../../../src/storage/storage.ts';
import type { FaultAction } from '../../support/b2-server/faults.ts';
import type { FileVersion } from '../../support/b2-server/model.ts';
import { b2Place, BUCKET } from '../open-b2.ts';
import type { FaultName, Kind, Rig, Step } from './rig.ts';

const IDLE_MS = 500;
/** Fewer bytes than the smallest archive has. */
const SOME_BYTES = 2000;
const A_DAY_MS = 86_400_000;

const ENDPOINTS: Record<Step, readonly string[]> = {
  send: ['b2_upload_file', 'b2_upload_part'],
  finish: ['b2_upload_file', 'b2_finish_large_file'],
  ask: ['b2_list_file_versions', 'b2_get_file_info', 'b2_list_unfinished_large_files'],
  fetch: ['b2_download'],
  remove: ['b2_delete_file_version'],
};

const refuse = (status: number, code: string): FaultAction => ({ kind: 'refuse', status, code });

function actionOf(fault: FaultName, step: Step): FaultAction {
  switch (fault) {
    case 'lose the answer':
      return { kind: 'lose-response' };
    case 'answer a wrong checksum':
      return {
        kind: 'twist',
        change: (answer) => ({ ...Object(answer), contentSha1: '0'.repeat(40), fileInfo: {} }),
      };
    case 'stall':
      return step === 'fetch' ? { kind: 'stall', afterBytes: SOME_BYTES } : { kind: 'hang' };
    case 'storm of 503':
      return refuse(503, 'service_unavailable');
    case 'expire the credentials':
      return refuse(401, 'expired_auth_token');
    case 'revoke the credentials':
      return refuse(401, 'bad_auth_token');
    case 'cut the download':
      return { kind: 'truncate', afterBytes: SOME_BYTES };
    case 'fill the place':
      return refuse(403, 'storage_cap_exceeded');
  }
}

/** What the test server has on its disk, without its answers. */
function seen({ fileId, fileName, pieces }: FileVersion) {
  const content = Buffer.concat(pieces.map(({ path }) => readFileSync(path)));
  const sha1 = createHash('sha1').update(content).digest('hex');
  return { id: fileId, name: fileName, sizeBytes: content.length, sha1 };
}

async function startB2Rig(): Promise<Rig> {
  const place = await b2Place();
  const { server } = place;
  const versionOf = (id: string) => {
    const version = server.versions(BUCKET).find(({ fileId }) => fileId === id);
    if (version === undefined) throw new Error(`there is no version ${id}`);
    return version;
  };
  return {
    open: (owner = 'catalog-1') => place.open({ owner, idleMs: IDLE_MS }),
    arm: async (fault, step, times = 1) => {
      const endpoints = [...ENDPOINTS[step]];
      // Tokens of uploads are given out by calls of their own.
      if (fault === 'revoke the credentials') {
        endpoints.push('b2_authorize_account', 'b2_get_upload_url', 'b2_get_upload_part_url');
      }
      // The second of several parts: in the middle.
      const after = fault === 'expire the credentials' ? 1 : 0;
      for (const endpoint of endpoints) {
        const action = actionOf(fault, step);
        server.faults.add({ endpoint, times, action, after: endpoint === 'b2_upload_part' ? after : 0 });
      }
    },
    disarm: async () => server.faults.clear(),
    struck: () => server.faults.struck(),
    there: async () =>
      server
        .versions(BUCKET)
        .filter(({ action }) => action === 'upload')
        .map((version) => seen(version)),
    leftovers: async () => server.unfinished().map(({ fileName }) => fileName),
    plant: async (versions) => versions.map(({ name, startedAt }) => server.plant(BUCKET, name, startedAt).fileId),
    leaveUnfinished: async (name, owner) => server.plantUnfinished(BUCKET, name, { [CATALOG_FACT]: owner }),
    lock: async ({ id }) => {
      versionOf(id).retention = { mode: 'compliance', retainUntilTimestamp: Date.now() + A_DAY_MS };
    },
    unlock: async ({ id }) => {
      delete versionOf(id).retention;
    },
    secrets: [server.masterKey.key],
    [Symbol.asyncDispose]: async () => {
      // Whatever broke: no upload URL used twice at once, or after it failed.
      expect(server.violations).toEqual([]);
      await place[Symbol.asyncDispose]();
    },
  };
}

export const B2: Kind = {
  name: 'B2',
  start: startB2Rig,
  // In one request, and in parts of 5 MB.
  sizes: [5000, 13_000_000],
  growingBytes: 23_000_000,
  cannot: {},
};
