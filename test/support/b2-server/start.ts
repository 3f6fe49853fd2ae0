import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uploadThrottles, type UploadRates } from '../throttle.ts';
import { readJson } from './body.ts';
import { addBucket } from './buckets.ts';
import { call } from './calls.ts';
import { download, findDownload } from './downloads.ts';
import {
  answerGarbled,
  answerRefusal,
  Broken,
  damageOf,
  Hanging,
  newFaults,
  refusalOf,
  strikeAfter,
  strikeBefore,
  strikeDuring,
  twisted,
  type FaultAction,
  type Faults,
} from './faults.ts';
import { addKey } from './keys.ts';
import { uploadPart } from './large-files.ts';
import { inOrder } from './listings.ts';
import { ALL_CAPABILITIES, type Bucket, type FileVersion, type Model } from './model.ts';
import { bucketNamed, plantUnfinished, plantVersion } from './planted.ts';
import { Refusal } from './refusal.ts';
import { uploadFile, withTarget } from './uploads.ts';

export interface B2ServerOptions extends UploadRates {
  recommendedPartSize?: number;
  absoluteMinimumPartSize?: number;
  downloadBytesPerSecond?: number;
  /** Versions before the last of a name go, as by a lifecycle rule, so that much can be stored on a small disk. */
  keepsOnlyLast?: boolean;
}

export interface LoggedRequest {
  endpoint: string;
  method: string;
  path: string;
  status: number;
}

export interface B2Server extends AsyncDisposable {
  /** What `B2_API_URL` is set to. */
  url: string;
  masterKey: { id: string; key: string };
  createBucket(name: string, options?: { fileLock?: boolean }): Bucket;
  createKey(options: { capabilities?: string[]; bucketId?: string; namePrefix?: string }): { id: string; key: string };
  faults: Faults;
  requests: readonly LoggedRequest[];
  /** All versions in a bucket, unfinished large files among them, in the order of a listing. */
  versions(bucketName: string): FileVersion[];
  /** Large files that were started and neither finished nor cancelled. */
  unfinished(): FileVersion[];
  /** Puts a version without bytes into a bucket. */
  plant(bucketName: string, fileName: string, at: Date): FileVersion;
  /** Leaves an unfinished large file there. */
  plantUnfinished(bucketName: string, fileName: string, fileInfo: Record<string, string>): void;
  expireTokens(): void;
  /** What a client did against the rules for upload URLs. */
  violations: readonly string[];
  /** The most uploads that ran at the same time. */
  peakUploads(): number;
}

/** Starts a server that behaves as Backblaze B2's native API does, on loopback, with its files on disk. */
export async function startB2Server(options: B2ServerOptions = {}): Promise<B2Server> {
  const directory = mkdtempSync(join(tmpdir(), 'pgbak-test-b2-'));
  const model = newModel(directory, options);
  const faults = newFaults();
  const requests: LoggedRequest[] = [];
  let uploads = 0;
  let peakUploads = 0;
  const throttlesOfUpload = uploadThrottles(options);

  const server = createServer((request, response) => void answer(request, response));
  // As long as B2's own, so that a client which leaves a connection open is found out.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const endpoint = endpointOf(pathname);
    const { socket } = request;
    // A client that has given up closes its connection; what was under way for it then fails, and nobody cares.
    request.on('error', () => {});
    response.on('error', () => {});
    const action = faults.next(endpoint);
    const log = (status: number) => requests.push({ endpoint, method: request.method ?? '', path: pathname, status });
    try {
      if (endpoint !== 'b2_upload_file' && endpoint !== 'b2_upload_part') strikeBefore(action);
      if (endpoint === 'b2_download') {
        const damage = damageOf(action);
        const version = findDownload(model, pathname, searchParams);
        log(200);
        await download(model, request, response, version, { bytesPerSecond: options.downloadBytesPerSecond, damage });
        return;
      }
      const result = await perform(endpoint, pathname, request, searchParams, action);
      strikeAfter(action);
      if (action?.kind === 'garble') {
        log(action.status ?? 200);
        answerGarbled(response, action, result);
        return;
      }
      log(200);
      response.writeHead(200, {
        'content-type': 'application/json;charset=UTF-8',
        'cache-control': 'max-age=0, no-cache, no-store',
      });
      response.end(JSON.stringify(twisted(action, result)));
    } catch (error) {
      log(error instanceof Refusal ? error.status : 0);
      const isGone = socket.destroyed;
      if (error instanceof Refusal) answerRefusal(request, response, error);
      else if (!(error instanceof Hanging)) socket.destroy();
      if (!(error instanceof Refusal || error instanceof Broken || error instanceof Hanging) && !isGone) throw error;
    }
  }

  async function perform(
    endpoint: string,
    pathname: string,
    request: IncomingMessage,
    query: URLSearchParams,
    action: FaultAction | undefined,
  ): Promise<unknown> {
    const id = pathname.slice(pathname.lastIndexOf('/') + 1);
    const onBytes = (receivedBytes: number) => strikeDuring(action, receivedBytes);
    const upload = endpoint === 'b2_upload_file' ? uploadFile : endpoint === 'b2_upload_part' ? uploadPart : undefined;
    if (upload === undefined) {
      const version = Number(/^\/b2api\/v(\d)\//.exec(pathname)?.[1]);
      return call(model, endpoint, request, await readJson(request, query), url, version);
    }
    uploads += 1;
    peakUploads = Math.max(peakUploads, uploads);
    try {
      return await withTarget(model, request, id, async (target) => {
        strikeBefore(action);
        if (action?.kind === 'refuse' && action.afterBytes === 'all') {
          for await (const _chunk of request);
          throw refusalOf(action);
        }
        return await upload(model, request, target, throttlesOfUpload(), onBytes);
      });
    } finally {
      uploads -= 1;
    }
  }

  const masterKey = { id: 'master-key-id', key: `K005master${randomBytes(12).toString('hex')}` };
  model.keys.set(masterKey.id, { id: masterKey.id, secret: masterKey.key, capabilities: ALL_CAPABILITIES });
  return {
    url,
    masterKey,
    createBucket: (name, { fileLock = false } = {}) => addBucket(model, name, fileLock),
    createKey: ({ capabilities = ALL_CAPABILITIES, ...restriction }) => {
      const { id, secret: key } = addKey(model, { capabilities, ...restriction });
      return { id, key };
    },
    faults,
    requests,
    versions: (bucketName) => inOrder(model, bucketNamed(model, bucketName).id),
    unfinished: () => [...model.largeFiles.values()].map(({ version }) => version),
    plant: (...args) => plantVersion(model, ...args),
    plantUnfinished: (...args) => plantUnfinished(model, ...args),
    expireTokens: () => model.tokens.forEach((token) => (token.isExpired = true)),
    violations: model.violations,
    peakUploads: () => peakUploads,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function newModel(
  directory: string,
  { recommendedPartSize = 100_000_000, absoluteMinimumPartSize = 5_000_000, keepsOnlyLast = false }: B2ServerOptions,
): Model {
  let number = 0;
  return {
    directory,
    recommendedPartSize,
    absoluteMinimumPartSize,
    keepsOnlyLast,
    keys: new Map(),
    tokens: new Map(),
    buckets: new Map(),
    versions: [],
    largeFiles: new Map(),
    targets: new Map(),
    violations: [],
    nextNumber: () => (number += 1),
  };
}

function endpointOf(pathname: string): string {
  if (pathname.startsWith('/upload-file/')) return 'b2_upload_file';
  if (pathname.startsWith('/upload-part/')) return 'b2_upload_part';
  if (pathname.startsWith('/file/') || pathname.endsWith('/b2_download_file_by_id')) return 'b2_download';
  return pathname.slice(pathname.lastIndexOf('/') + 1);
}
