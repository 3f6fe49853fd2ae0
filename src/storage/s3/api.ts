import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client as SdkClient,
  UploadPartCommand,
  type PutObjectCommandInput,
  type S3ClientConfig,
  type StorageClass,
} from '@aws-sdk/client-s3';
import { ConfigError } from '../../core/errors.ts';
import type { S3Account } from './account.ts';

/**
 * The S3 API (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html) through
 * the package `@aws-sdk/client-s3`, and the only module that knows it. Loaded when S3 is first asked. What the package would
 * do by itself and here is done by pgbak: repeating requests, following to another region, sums of its own.
 */
export type S3Api = Awaited<ReturnType<typeof openApi>>;

/** A signal for each request; it ends the request. */
interface Sending {
  abortSignal: AbortSignal;
}

/** The body of an upload. */
export type UploadBody = Required<Pick<PutObjectCommandInput, 'Body' | 'ContentLength'>> &
  Pick<PutObjectCommandInput, 'ChecksumSHA256' | 'ContentMD5'>;

/** What an object is stored with. */
export type ObjectSettings = Pick<
  PutObjectCommandInput,
  'Metadata' | 'ContentType' | 'ObjectLockMode' | 'ObjectLockRetainUntilDate'
> & {
  /** Services have classes of their own besides those that the SDK knows. */
  storageClass?: string | undefined;
};

/** With an endpoint of its own the region is often of no importance, and AWS names the right one in a redirect. */
const ANY_REGION = 'us-east-1';
const CONNECT_WITHIN_MS = 30_000;

/** Opens the API with the credentials of the account, or those that the AWS SDKs find. */
export async function openApi(account: S3Account, region: string | undefined, idleMs: number) {
  const client = new SdkClient(await configOf(account, region, idleMs));
  const bucket = { Bucket: account.bucket };
  return {
    region: async () => await client.config.region(),
    host: async () => (await client.config.endpoint?.())?.hostname,
    lifecycle: (sending: Sending) => client.send(new GetBucketLifecycleConfigurationCommand(bucket), sending),
    objectLock: (sending: Sending) => client.send(new GetObjectLockConfigurationCommand(bucket), sending),
    versioning: (sending: Sending) => client.send(new GetBucketVersioningCommand(bucket), sending),
    put: (
      input: { Key: string; IfNoneMatch?: '*' } & UploadBody & ObjectSettings,
      sha256: string,
      sending: Sending,
    ) => {
      const command = new PutObjectCommand({ ...bucket, ...withClass(input) });
      command.middlewareStack.add(withHeader('x-amz-content-sha256', sha256), { step: 'build' });
      return client.send(command, sending);
    },
    createUpload: (input: { Key: string; ChecksumAlgorithm?: 'SHA256' } & ObjectSettings, sending: Sending) =>
      client.send(new CreateMultipartUploadCommand({ ...bucket, ...withClass(input) }), sending),
    uploadPart: (
      input: { Key: string; UploadId: string; PartNumber: number } & UploadBody,
      sha256: string,
      sending: Sending,
    ) => {
      const command = new UploadPartCommand({ ...bucket, ...input });
      command.middlewareStack.add(withHeader('x-amz-content-sha256', sha256), { step: 'build' });
      return client.send(command, sending);
    },
    completeUpload: (
      input: {
        Key: string;
        UploadId: string;
        IfNoneMatch?: '*';
        parts: { PartNumber: number; ETag: string; ChecksumSHA256?: string }[];
      },
      sending: Sending,
    ) => {
      const { parts, ...rest } = input;
      return client.send(
        new CompleteMultipartUploadCommand({ ...bucket, ...rest, MultipartUpload: { Parts: parts } }),
        sending,
      );
    },
    abortUpload: (input: { Key: string; UploadId: string }, sending: Sending) =>
      client.send(new AbortMultipartUploadCommand({ ...bucket, ...input }), sending),
    listUploads: (input: { Prefix: string; KeyMarker?: string; UploadIdMarker?: string }, sending: Sending) =>
      client.send(new ListMultipartUploadsCommand({ ...bucket, ...input }), sending),
    listParts: (input: { Key: string; UploadId: string; MaxParts: number }, sending: Sending) =>
      client.send(new ListPartsCommand({ ...bucket, ...input }), sending),
    head: (input: { Key: string; VersionId?: string }, sending: Sending) =>
      client.send(new HeadObjectCommand({ ...bucket, ...input, ChecksumMode: 'ENABLED' }), sending),
    get: (input: { Key: string; VersionId?: string; Range?: string }, sending: Sending) => {
      const command = new GetObjectCommand({ ...bucket, ...input });
      command.middlewareStack.add(withHeader('x-amz-checksum-mode', 'ENABLED'), { step: 'build' });
      return client.send(command, sending);
    },
    remove: (input: { Key: string; VersionId?: string }, sending: Sending) =>
      client.send(new DeleteObjectCommand({ ...bucket, ...input }), sending),
    listVersions: (
      input: { Prefix: string; KeyMarker?: string; VersionIdMarker?: string; MaxKeys?: number },
      sending: Sending,
    ) => client.send(new ListObjectVersionsCommand({ ...bucket, ...input, EncodingType: 'url' }), sending),
    listObjects: (input: { Prefix: string; ContinuationToken?: string; MaxKeys?: number }, sending: Sending) =>
      client.send(new ListObjectsV2Command({ ...bucket, ...input, EncodingType: 'url' }), sending),
  };
}

const silent = () => {};

function withClass<Input extends ObjectSettings>({ storageClass, ...input }: Input) {
  if (storageClass === undefined) return input;
  if (!isClass(storageClass)) throw new ConfigError(`${storageClass} is no storage class`, 'For example: STANDARD_IA');
  return { ...input, StorageClass: storageClass };
}

function isClass(text: string): text is StorageClass {
  return /^[A-Z\d_]+$/.test(text);
}

async function configOf(account: S3Account, region: string | undefined, idleMs: number): Promise<S3ClientConfig> {
  const { endpoint, accessKeyId, secretAccessKey, profile, pathStyle = endpoint !== undefined } = account;
  const config: S3ClientConfig = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey: secretAccessKey.reveal() } }),
    forcePathStyle: pathStyle,
    // src/storage/retry.ts decides.
    maxAttempts: 1,
    // Sums are ours: many services refuse those that the package would send behind the bytes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    followRegionRedirects: false,
    customUserAgent: 'pgbak',
    // It would warn on standard error of uploads that it does not repeat.
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    // An upload counts its own silence, as a socket that still sends is not silent.
    requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, socketTimeout: idleMs },
  };
  const wanted = region ?? account.region;
  if (wanted !== undefined) return { ...config, region: wanted };
  const asked = new SdkClient(config);
  try {
    return { ...config, region: await asked.config.region() };
  } catch {
    return { ...config, region: ANY_REGION };
  } finally {
    asked.destroy();
  }
}

/**
 * A header that the package has no parameter for. `x-amz-content-sha256` signs the SHA-256 of a body, which the service compares
 * with what came (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html); the package would leave streams
 * unsigned. `x-amz-checksum-mode` asks for a sum that the package does not compare itself, part by part of a download.
 */
function withHeader(name: string, value: string) {
  return <Args extends object, Output>(next: (args: Args) => Promise<Output>) =>
    async (args: Args): Promise<Output> => {
      const headers: unknown = Reflect.get(Object(Reflect.get(args, 'request')), 'headers');
      if (typeof headers === 'object' && headers !== null) Reflect.set(headers, name, value);
      return await next(args);
    };
}
