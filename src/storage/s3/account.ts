import type { Secret } from '../../core/secret.ts';
import type { ObjectLock } from '../object-lock.ts';

/** A bucket, and what is asked of it with. What is left out, the AWS SDKs take from variables, profiles and roles. */
export interface S3Account {
  bucket: string;
  /** Another service than AWS: `https://s3.example.com`. */
  endpoint?: string | undefined;
  region?: string | undefined;
  accessKeyId?: string | undefined;
  secretAccessKey?: Secret | undefined;
  /** A profile of ~/.aws/config. */
  profile?: string | undefined;
  storageClass?: string | undefined;
  /** The bucket in the path instead of the host name. By default so at every endpoint but AWS' own. */
  pathStyle?: boolean | undefined;
  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html */
  objectLock?: ObjectLock | undefined;
}
