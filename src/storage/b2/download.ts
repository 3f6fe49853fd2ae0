import { Readable } from 'node:stream';
import type { Answer } from 'backblaze-b2';
import { optionalText, sha1Of } from './answers.ts';
import type { B2Client } from './client.ts';
import { b2Error, B2Failure, failureOf, fieldOf, MALFORMED, verdictOnCall } from './failure.ts';
import { type DownloadSource, type OpenedDownload, resumedDownload } from '../resumed-download.ts';
import { pauseMs } from '../retry.ts';

/**
 * Opens one version as a stream of its bytes, which goes on where a connection broke off. It fails at its end where length
 * or SHA-1 differ from what B2 keeps (https://www.backblaze.com/apidocs/b2-download-file-by-id).
 */
export async function openDownload(
  client: B2Client,
  { id, name }: { id: string; name: string },
  { idleMs, signal }: { idleMs: number; signal: AbortSignal },
): Promise<Readable> {
  const first = await request(client, id, { fromByte: 0 }, idleMs, signal);
  const source: DownloadSource = {
    name,
    service: 'B2',
    resume: async (fromByte, ofBytes) => {
      try {
        return await request(client, id, { fromByte, ofBytes }, idleMs, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw b2Error(error, `download ${name} from B2 from byte ${fromByte} on`, client.host);
      }
    },
    endedEarly: () => new B2Failure(undefined, 'ECONNRESET', 'the answer ended early'),
    afterCut: async (error, failures, isLast) => {
      const failure = await failureOf(error);
      if (isLast || verdictOnCall(failure) === 'fatal') {
        throw b2Error(failure, `download all of ${name} from B2`, client.host);
      }
      await client.clock.sleep(pauseMs(failures, failure.retryAfterMs), signal);
    },
  };
  return resumedDownload(first, source, signal);
}

async function request(
  client: B2Client,
  fileId: string,
  { fromByte, ofBytes }: { fromByte: number; ofBytes?: number },
  idleMs: number,
  signal: AbortSignal,
): Promise<OpenedDownload> {
  return await client.call(
    (b2) => b2.downloadFileById(fileId, { fromByte, idleMs }),
    (answer) => openedBy(answer, fromByte, ofBytes),
    signal,
  );
}

/** Refuses an answer to another request: bytes from another place of the file must not be appended. */
function openedBy(
  { data: body, headers, status }: Answer,
  fromByte: number,
  ofBytes: number | undefined,
): OpenedDownload {
  if (!(body instanceof Readable)) throw new Error('axios gave no stream');
  const header = (name: string) => optionalText({ value: fieldOf(headers, name) }, 'value');
  const length = header('content-length');
  const restBytes = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
  const wrong = wrongAnswer();
  if (wrong !== undefined || restBytes === undefined) {
    body.destroy();
    throw new B2Failure(status, MALFORMED, wrong ?? '');
  }
  const info = { large_file_sha1: header('x-bz-info-large_file_sha1') ?? '' };
  const sha1 = sha1Of(header('x-bz-content-sha1'), info);
  const sum = sha1 === undefined ? undefined : { algorithm: 'sha1' as const, hex: sha1 };
  return { body, sizeBytes: fromByte + restBytes, sum };

  function wrongAnswer(): string | undefined {
    if (restBytes === undefined) return 'the answer tells no Content-Length';
    if (fromByte === 0) return status === 200 ? undefined : `the answer has the status ${status}`;
    if (status !== 206) return `asked for the rest from byte ${fromByte}, it has the status ${status}`;
    const range = header('content-range') ?? 'none';
    const end = fromByte + restBytes;
    const isAsked = range === `bytes ${fromByte}-${end - 1}/${end}` && end === (ofBytes ?? end);
    return isAsked ? undefined : `asked for the rest from byte ${fromByte}, it has the range ${range}`;
  }
}
