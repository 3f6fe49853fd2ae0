import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type B2 from 'backblaze-b2';
import type { Answer } from 'backblaze-b2';
import type { Secret } from '../../core/secret.ts';
import type { Body } from '../streaming/part-body.ts';

/**
 * B2's native API (https://www.backblaze.com/apidocs) through the package `backblaze-b2`, and the only module that knows
 * it. Where the package is in the way:
 * - It merges each request from `axios` (ours), its own options and `axiosOverride` (ours), the later over the earlier:
 *   what it does not know goes into `axiosOverride`.
 * - It repeats failed uploads by itself, from a stream that is used up, and to the same URL: `retries: 0`.
 * - It knows no Object Lock: headers and fields of that go into `axiosOverride` too.
 * - It has no b2_list_unfinished_large_files: `getFileInfo` sends that, as it adds nothing to the request.
 * - It reads fields of an authorization before they can be checked, and fails on `null`: `objectIn`.
 */
export interface B2Key {
  keyId: Secret;
  applicationKey: Secret;
  /** Another realm than Backblaze's own. */
  apiUrl: string | undefined;
}

/** Where one upload at a time may go, until the first that fails. */
export interface UploadUrl {
  url: string;
  token: Secret;
}

export type B2Calls = ReturnType<typeof callsOf>;

/** An authorized session: what B2 answered, unchecked, and the calls that it allows. */
export interface Authorization {
  data: unknown;
  /** Requests that end on that signal; without `timeoutMs` they may take any time. */
  calls: (signal: AbortSignal, timeoutMs?: number) => B2Calls;
}

/** A page of a listing, the longest of B2's answers, has a tenth of that. */
const MOST_ANSWER_BYTES = 64_000_000;
const HEADERS = { 'User-Agent': 'pgbak' };

/** Authorizes with a key (https://www.backblaze.com/apidocs/b2-authorize-account). Failures are those of axios. */
export function b2Api({ keyId, applicationKey, apiUrl }: B2Key): {
  /** Loads the package. A fault in its installation is none of B2's, and is not tried again. */
  load: () => Promise<void>;
  authorize: (signal: AbortSignal, timeoutMs: number) => Promise<Authorization>;
} {
  // Idle sockets of an agent do not keep the process alive.
  const agents = { httpAgent: new HttpAgent({ keepAlive: true }), httpsAgent: new HttpsAgent({ keepAlive: true }) };
  const requestOptions = (signal: AbortSignal, timeout: number) => ({
    ...agents,
    signal,
    timeout,
    maxContentLength: MOST_ANSWER_BYTES,
    headers: HEADERS,
  });
  const realm = apiUrl === undefined ? {} : { url: `${apiUrl.replace(/\/+$/, '')}/b2api/v2/b2_authorize_account` };
  return {
    load: async () => void (await import('backblaze-b2')),
    authorize: async (signal, timeoutMs) => {
      const { default: Package } = await import('backblaze-b2');
      const b2 = new Package({
        applicationKeyId: keyId.reveal(),
        applicationKey: applicationKey.reveal(),
        retry: { retries: 0 },
      });
      const axios = { ...requestOptions(signal, timeoutMs), transformResponse: objectIn };
      const { data } = await b2.authorize({ axios, axiosOverride: realm });
      return { data, calls: (callSignal, callTimeoutMs = 0) => callsOf(b2, requestOptions(callSignal, callTimeoutMs)) };
    },
  };
}

function objectIn(body: unknown): unknown {
  try {
    return Object(JSON.parse(String(body)));
  } catch {
    return {};
  }
}

function callsOf(b2: B2, axios: Readonly<Record<string, unknown>>) {
  const uploadTo = ({ url, token }: UploadUrl) => ({ uploadUrl: url, uploadAuthToken: token.reveal(), axios });
  return {
    getBucket: (bucketName: string): Promise<Answer> => b2.getBucket({ bucketName, axios }),
    getUploadUrl: (bucketId: string) => b2.getUploadUrl({ bucketId, axios }),
    uploadFile: (
      to: UploadUrl,
      body: Body,
      { name, retention, ...file }: { name: string; mime: string; info: Facts; retention: Retention | undefined },
    ) =>
      b2.uploadFile({
        ...uploadTo(to),
        ...body,
        ...file,
        fileName: name,
        axiosOverride: { headers: retentionHeaders(retention) },
      }),
    startLargeFile: ({
      info,
      retention,
      ...file
    }: {
      bucketId: string;
      fileName: string;
      contentType: string;
      info: Facts;
      retention: Retention | undefined;
    }) =>
      b2.startLargeFile({
        ...file,
        axiosOverride: {
          data: { fileInfo: info, ...(retention === undefined ? {} : { fileRetention: retention }) },
        },
        axios,
      }),
    getUploadPartUrl: (fileId: string) => b2.getUploadPartUrl({ fileId, axios }),
    uploadPart: (to: UploadUrl, body: Body, partNumber: number) =>
      b2.uploadPart({ ...uploadTo(to), ...body, partNumber }),
    finishLargeFile: (fileId: string, partSha1Array: readonly string[]) =>
      b2.finishLargeFile({ fileId, partSha1Array, axios }),
    cancelLargeFile: (fileId: string) => b2.cancelLargeFile({ fileId, axios }),
    getFileInfo: (fileId: string) => b2.getFileInfo({ fileId, axios }),
    /** A key that is restricted to a prefix is refused without it. */
    listFileVersions: ({
      prefix,
      ...page
    }: {
      bucketId: string;
      prefix: string;
      startFileName?: string;
      startFileId?: string;
      maxFileCount: number;
    }) => b2.listFileVersions({ ...page, axiosOverride: { data: { prefix } }, axios }),
    listUnfinishedLargeFiles: (data: { bucketId: string; namePrefix: string; maxFileCount: number }) =>
      b2.getFileInfo({ axiosOverride: { url: `${b2.apiUrl}/b2api/v2/b2_list_unfinished_large_files`, data }, axios }),
    deleteFileVersion: (fileId: string, fileName: string) => b2.deleteFileVersion({ fileId, fileName, axios }),
    /** The bytes from one on, as a stream that fails when none comes for `idleMs`. */
    downloadFileById: (fileId: string, { fromByte, idleMs }: { fromByte: number; idleMs: number }) =>
      b2.downloadFileById({
        fileId,
        responseType: 'stream',
        axios: {
          ...axios,
          // axios counts the time without a byte of a download.
          timeout: idleMs,
          maxContentLength: -1,
          decompress: false,
          headers: { ...HEADERS, ...(fromByte === 0 ? {} : { Range: `bytes=${fromByte}-` }) },
        },
      }),
  };
}

type Facts = Readonly<Record<string, string>>;

/** What forbids to remove a version (https://www.backblaze.com/docs/cloud-storage-object-lock). */
export interface Retention {
  mode: 'compliance' | 'governance';
  /** Milliseconds since 1970. */
  retainUntilTimestamp: number;
}

function retentionHeaders(retention: Retention | undefined): Facts {
  if (retention === undefined) return {};
  return {
    'X-Bz-File-Retention-Mode': retention.mode,
    'X-Bz-File-Retention-Retain-Until-Timestamp': String(retention.retainUntilTimestamp),
  };
}
