import { ConfigError, errorCode, errorMessage, PgbakError, RefusedError, StorageError } from '../../core/errors.ts';

/** Why a request to S3 failed, without the request: an error of the SDK may hold headers and with them credentials. */
export class S3Failure extends Error {
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** The service's word for it (`NoSuchBucket`), or the network's (`ECONNRESET`). */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  /** The region that the bucket is in, where the service tells. */
  readonly region: string | undefined;

  constructor(
    status: number | undefined,
    code: string,
    message: string,
    more: { retryAfterMs?: number | undefined; region?: string | undefined } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = more.retryAfterMs;
    this.region = more.region;
  }
}

/** The code of an answer that does not have S3's form. */
export const MALFORMED = 'malformed';
/** No credentials were found, or those found could not be renewed. */
const NO_CREDENTIALS = 'no credentials';

/** The failure of a connection on which nothing moved. */
export function stalled(message: string): S3Failure {
  return new S3Failure(undefined, 'ETIMEDOUT', message);
}

export function malformed(what: string): S3Failure {
  return new S3Failure(200, MALFORMED, `the answer is not S3's: it ${what}`);
}

const CREDENTIALS_NAMES = /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/;
const LONGEST_WAIT_MS = 15 * 60_000;

/** Makes an `S3Failure` of an error of the SDK; throws what is an error of pgbak's own. */
export function failureOf(error: unknown): S3Failure {
  if (error instanceof S3Failure) return error;
  if (error instanceof PgbakError) throw error;
  const name = textOf(fieldOf(error, 'name'));
  const message = oneLine(errorMessage(error));
  if (CREDENTIALS_NAMES.test(name)) return new S3Failure(undefined, NO_CREDENTIALS, message);
  const response = fieldOf(error, '$response');
  const headers = fieldOf(response, 'headers');
  const status = fieldOf(response, 'statusCode') ?? fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode');
  if (typeof status === 'number') {
    const isS3 = fieldOf(error, '$fault') !== undefined || status >= 400;
    const region = textOf(fieldOf(headers, 'x-amz-bucket-region')) || textOf(fieldOf(error, 'Region'));
    return new S3Failure(
      status,
      isS3 ? codeOf(error, name, status) : MALFORMED,
      isS3 && !message.includes('Deserialization error') ? message : 'the answer cannot be read',
      { retryAfterMs: retryAfterOf(fieldOf(headers, 'retry-after')), region: region || undefined },
    );
  }
  const code = errorCode(error);
  if (code !== undefined) return new S3Failure(undefined, code, code);
  if (name === 'TimeoutError') return new S3Failure(undefined, 'ETIMEDOUT', 'no answer came in time');
  // What is thrown in another realm the SDK takes for no error, and keeps its text alone.
  if (message.startsWith('AWS SDK error wrapper')) return new S3Failure(undefined, 'ECONNRESET', message);
  // An answer that is no XML of S3.
  if (response !== undefined || /Deserialization|Unclosed|closing tag|XML/i.test(message)) {
    return new S3Failure(200, MALFORMED, 'the answer cannot be read');
  }
  throw error;
}

/** Answers to HEAD have no body, so the SDK names them by their status or not at all. */
function codeOf(error: unknown, name: string, status: number): string {
  const code = textOf(fieldOf(error, 'Code')) || name;
  if (/^(?:Error|Unknown|UnknownError|S3ServiceException|\d+|SyntaxError)$/.test(code)) {
    return { 301: 'PermanentRedirect', 403: 'AccessDenied', 404: 'NotFound' }[status] ?? '';
  }
  return code;
}

/** A field of something that may be no object at all. */
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Reflect.get(value, name);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterOf(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_WAIT_MS) : undefined;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

const EXPIRED = /^(?:ExpiredToken|ExpiredTokenException|TokenRefreshRequired|InvalidToken)$/;
const SKEWED = /^(?:RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/;
const PASSING =
  /^(?:SlowDown|InternalError|RequestTimeout|RequestTimeoutException|ServiceUnavailable|OperationAborted|ConditionalRequestConflict|TemporaryRedirect|Throttling.*)$/;
/** The bytes that came are not those that were signed. */
const DAMAGED = /^(?:BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch|InvalidPart)$/;

/** Whether the SDK has corrected its clock by the answer, which a new client would not know. */
export function isSkewed({ code }: S3Failure): boolean {
  return SKEWED.test(code);
}

/** How to go on after a failure (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
export function verdictOn({ status, code }: S3Failure): 'wait' | 'renew' | 'once' | 'region' | 'fatal' {
  if (code === NO_CREDENTIALS) return 'fatal';
  // The answer to a HEAD tells no more of expired credentials.
  if (EXPIRED.test(code) || SKEWED.test(code) || (status === 400 && code === '')) return 'renew';
  if (code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect' || status === 301) return 'region';
  if (DAMAGED.test(code)) return 'once';
  if (isUnsupported({ status, code })) return 'fatal';
  if (status === undefined || code === MALFORMED || PASSING.test(code)) return 'wait';
  return status === 307 || status === 408 || status === 429 || status >= 500 ? 'wait' : 'fatal';
}

/** Whether the service does not know what was asked for. */
export function isUnsupported({ status, code }: Pick<S3Failure, 'status' | 'code'>): boolean {
  return status === 501 || status === 405 || code === 'NotImplemented' || code === 'MethodNotAllowed';
}

export function isGone({ status, code }: S3Failure): boolean {
  return status === 404 && code !== 'NoSuchBucket';
}

export function isDenied({ status }: S3Failure): boolean {
  return status === 403;
}

const KEYS = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
const DOC = 'See docs/s3.md for the rights that pgbak needs.';

/** Codes that one remedy belongs to: what is wrong, and what to do. */
const REMEDIES: Readonly<Record<string, readonly [problem: string, hint: string]>> = {
  NoSuchBucket: [
    'there is no such bucket',
    'Create the bucket (private), or correct the destination and the endpoint.',
  ],
  InvalidBucketName: ['that is no name of a bucket', 'Correct the destination: s3:BUCKET or s3:BUCKET/PREFIX.'],
  AccessDenied: ['the access key does not allow it', `The key needs rights for this bucket and prefix. ${DOC}`],
  AllAccessDisabled: ['all access to the bucket is disabled', 'Ask the provider of the bucket.'],
  InvalidAccessKeyId: ['the service does not know the access key id', `Correct ${KEYS}.`],
  SignatureDoesNotMatch: ['the secret access key is wrong', `Correct ${KEYS}.`],
  RequestTimeTooSkewed: [
    'the clock of this machine is wrong',
    'Set the clock, or start a time service: timedatectl set-ntp true',
  ],
  EntityTooLarge: ['the archive is larger than the service takes', 'Split the database, or compress more.'],
  QuotaExceeded: ['the quota of the bucket is used up', 'Raise the quota, or remove old backups: pgbak prune'],
  InvalidObjectState: [
    'the archive lies in a storage class that must be thawed first',
    'Restore it in the console of the service, for example with: aws s3api restore-object',
  ],
  KMSDisabledException: ['the key that encrypts the bucket is disabled', 'Enable it in AWS KMS.'],
};

/**
 * A failure of S3 in words that a user can act on; errors of pgbak itself and bugs stay as they are. `what` is what was
 * tried, after "cannot …": `upload shop.sql.7z to S3`.
 */
export function s3Error(error: unknown, what: string, host: string): unknown {
  if (error instanceof PgbakError || !(error instanceof S3Failure)) return error;
  const { status, code, message, region } = error;
  if (code === NO_CREDENTIALS) {
    return new ConfigError(
      `cannot ${what}: no AWS credentials were found (${message})`,
      `Set ${KEYS}, or give this machine a role. A scheduled run has the variables of its own environment only.`,
    );
  }
  const details = [status === undefined ? '' : `HTTP ${status}`, code, message === code ? '' : message]
    .filter((detail) => detail !== '')
    .join(', ');
  if (status === undefined) {
    return new StorageError(
      `cannot ${what}: the connection to ${host} failed (${code})`,
      'Check the network, and the endpoint (AWS_ENDPOINT_URL_S3).',
    );
  }
  if (EXPIRED.test(code)) {
    return new RefusedError(
      `cannot ${what}: the credentials have expired (${details})`,
      'Get new ones, for example with: aws sso login. For scheduled runs, use an access key or a role that renews itself.',
    );
  }
  if (verdictOn(error) === 'region') {
    return new StorageError(
      `cannot ${what}: the bucket is in another region${region === undefined ? '' : `, ${region}`} (${details})`,
      `Set AWS_REGION${region === undefined ? ' to the region of the bucket' : `=${region}`}, and an endpoint of that region.`,
    );
  }
  const remedy = REMEDIES[SKEWED.test(code) ? 'RequestTimeTooSkewed' : code] ?? quotaRemedy(error);
  if (remedy !== undefined) return new RefusedError(`cannot ${what}: ${remedy[0]} (${details})`, remedy[1]);
  if (code === MALFORMED) {
    return new StorageError(
      `cannot ${what}: ${host} sends answers that are not those of S3 (${message})`,
      'Check the endpoint and the network: a proxy may answer instead of S3, or cut the answers short.',
    );
  }
  if (status === 403) return new RefusedError(`cannot ${what}: access denied (${details})`, DOC);
  if (status === 404) return new StorageError(`cannot ${what}: not found (${details})`);
  if (status === 429 || status >= 500) {
    return new StorageError(
      `cannot ${what}: S3 fails in spite of several attempts (${details})`,
      'The next run tries again. Is the service down? See its status page.',
    );
  }
  return new StorageError(`cannot ${what}: S3 refused (${details})`);
}

/** Services have many words for a full place: StorageFull (MinIO), QuotaExceeded (Ceph), InsufficientStorage. */
function quotaRemedy({ status, code }: S3Failure): readonly [string, string] | undefined {
  return status === 507 || /quota|storagefull|insufficientstorage|xminiostorage/i.test(code)
    ? REMEDIES['QuotaExceeded']
    : undefined;
}
