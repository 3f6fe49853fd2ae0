import { createHash, randomBytes } from 'node:crypto';

/** A version of an object, or the mark of a removal. */
export interface Version {
  key: string;
  versionId: string;
  isMarker: boolean;
  content: Buffer;
  etag: string;
  sha256: string | undefined;
  /** `x-amz-meta-...`, content type, storage class, lock: as they came. */
  headers: Record<string, string>;
  lastModified: Date;
  retainUntil?: Date;
}

export interface UnfinishedUpload {
  key: string;
  uploadId: string;
  initiated: Date;
  headers: Record<string, string>;
  parts: Map<number, { content: Buffer; md5: string; sha256: string }>;
}

export type VersioningState = 'Enabled' | 'Suspended' | undefined;

/** A bucket in memory. */
export class Bucket {
  readonly name: string;
  versioning: VersioningState;
  /** Whether Object Lock is enabled. */
  hasLock: boolean;
  /** The rules of its lifecycle, in XML; undefined where the key may not ask. */
  lifecycle: string | undefined = '';
  /** Newest first within a key. */
  versions: Version[] = [];
  uploads: UnfinishedUpload[] = [];
  /** Versions before the last of a key go, as by a lifecycle rule. */
  readonly keepsOnlyLast: boolean;

  constructor(name: string, versioning: VersioningState, keepsOnlyLast = false) {
    this.name = name;
    this.versioning = versioning;
    this.keepsOnlyLast = keepsOnlyLast;
    this.hasLock = versioning === 'Enabled';
  }

  store(
    key: string,
    content: Buffer,
    headers: Record<string, string>,
    sums: Pick<Version, 'etag' | 'sha256'>,
  ): Version {
    const until = headers['x-amz-object-lock-retain-until-date'];
    const version: Version = {
      key,
      versionId: this.versioning === 'Enabled' ? randomBytes(12).toString('base64url') : 'null',
      isMarker: false,
      content,
      headers,
      lastModified: new Date(),
      ...sums,
      ...(until === undefined ? {} : { retainUntil: new Date(until) }),
    };
    this.put(version);
    return version;
  }

  /** A null version takes the place of another; the newest of a key stands first. */
  put(version: Version): void {
    if (version.versionId === 'null' || this.keepsOnlyLast) {
      const isReplaced = ({ key, versionId }: Version) =>
        key === version.key && (versionId === 'null' || this.keepsOnlyLast);
      this.versions = this.versions.filter((one) => !isReplaced(one));
    }
    let [at, end] = [0, this.versions.length];
    while (at < end) {
      const middle = (at + end) >> 1;
      if ((this.versions[middle]?.key ?? '') < version.key) at = middle + 1;
      else end = middle;
    }
    this.versions.splice(at, 0, version);
  }

  find(key: string, versionId: string | null): Version | undefined {
    return this.versions.find((one) => one.key === key && (versionId === null || one.versionId === versionId));
  }
}

export const md5Of = (content: Buffer) => createHash('md5').update(content).digest('hex');
export const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('base64');
