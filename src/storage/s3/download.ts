import { Readable } from 'node:stream';
import { type DownloadSource, type OpenedDownload, resumedDownload } from '../resumed-download.ts';
import { pauseMs } from '../retry.ts';
import type { S3Client } from './client.ts';
import { failureOf, malformed, S3Failure, s3Error, verdictOn } from './failure.ts';

/**
 * Opens one object as a stream of its bytes, which goes on where a connection broke off. It fails at its end where the
 * length differs, or a sum that the service keeps of the whole
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
 */
export async function openDownload(
  client: S3Client,
  object: { Key: string; VersionId?: string },
  name: string,
  signal: AbortSignal,
): Promise<Readable> {
  const first = await request(client, object, { fromByte: 0 }, signal);
  const source: DownloadSource = {
    name,
    service: 'S3',
    resume: async (fromByte, ofBytes) => {
      try {
        return await request(client, object, { fromByte, ofBytes, etag: first.etag }, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw s3Error(error, `download ${name} from S3 from byte ${fromByte} on`, client.host);
      }
    },
    endedEarly: () => new S3Failure(undefined, 'ECONNRESET', 'the answer ended early'),
    afterCut: async (error, failures, isLast) => {
      const failure = failureOf(error);
      if (isLast || verdictOn(failure) === 'fatal') {
        throw s3Error(failure, `download all of ${name} from S3`, client.host);
      }
      await client.clock.sleep(pauseMs(failures, failure.retryAfterMs), signal);
    },
  };
  return resumedDownload(first, source, signal);
}

async function request(
  client: S3Client,
  object: { Key: string; VersionId?: string },
  { fromByte, ofBytes, etag }: { fromByte: number; ofBytes?: number; etag?: string | undefined },
  signal: AbortSignal,
): Promise<OpenedDownload & { etag: string | undefined }> {
  const range = fromByte === 0 ? {} : { Range: `bytes=${fromByte}-` };
  return await client.call(async (api, { abortSignal: _within }) => {
    // The stream outlives the call, so the signal of the download ends it, and the silence of its socket.
    const answer = await api.get({ ...object, ...range }, { abortSignal: signal });
    const body: unknown = answer.Body;
    if (!(body instanceof Readable)) throw new Error('the SDK gave no stream');
    const wrong = wrongAnswer(answer);
    if (wrong !== undefined || answer.ContentLength === undefined) {
      body.destroy();
      throw malformed(wrong ?? 'tells no Content-Length');
    }
    return { body, sizeBytes: fromByte + answer.ContentLength, sum: sumOf(answer), etag: answer.ETag };
  }, signal);

  /** Refuses an answer to another request: bytes from another place of the object must not be appended. */
  function wrongAnswer(answer: {
    ContentLength?: number | undefined;
    ContentRange?: string | undefined;
    ETag?: string | undefined;
  }): string | undefined {
    const { ContentLength: restBytes, ContentRange: given = 'none', ETag } = answer;
    if (restBytes === undefined) return 'tells no Content-Length';
    if (fromByte === 0) return given === 'none' ? undefined : `has the range ${given}`;
    if (etag !== undefined && ETag !== etag) return 'is about another object';
    const end = fromByte + restBytes;
    const isAsked = given === `bytes ${fromByte}-${end - 1}/${end}` && end === (ofBytes ?? end);
    return isAsked ? undefined : `has, asked for the rest from byte ${fromByte}, the range ${given}`;
  }
}

/** The sum of all bytes. That of an object in parts is one of the sums of its parts, which tells nothing here. */
function sumOf(answer: {
  ChecksumSHA256?: string | undefined;
  ETag?: string | undefined;
  ServerSideEncryption?: string | undefined;
  SSECustomerAlgorithm?: string | undefined;
}): OpenedDownload['sum'] {
  const { ChecksumSHA256: sha256, ETag: etag = '', ServerSideEncryption: encryption } = answer;
  if (sha256 !== undefined && !sha256.includes('-')) {
    return { algorithm: 'sha256', hex: Buffer.from(sha256, 'base64').toString('hex') };
  }
  const isPlain = (encryption === undefined || encryption === 'AES256') && answer.SSECustomerAlgorithm === undefined;
  const digits = /^"?([\da-f]{32})"?$/.exec(etag)?.[1];
  return isPlain && digits !== undefined ? { algorithm: 'md5', hex: digits } : undefined;
}
