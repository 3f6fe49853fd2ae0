/** What the server knows. Bodies are on disk; here is only where. */
export interface Key {
  id: string;
  name?: string;
  secret: string;
  capabilities: readonly string[];
  bucketId?: string;
  namePrefix?: string;
}

export interface Bucket {
  id: string;
  name: string;
  fileLock: boolean;
  type: string;
  info: Record<string, unknown>;
  lifecycleRules: unknown[];
  /** `AES256` where the bucket encrypts what is stored. */
  encryption?: string;
  revision: number;
}

export interface Piece {
  path: string;
  sizeBytes: number;
  sha1: string;
}

export interface FileVersion {
  fileId: string;
  bucketId: string;
  fileName: string;
  action: 'upload' | 'hide' | 'start';
  contentType: string;
  contentLength: number;
  /** `none` for a large file. */
  contentSha1: string;
  fileInfo: Record<string, string>;
  uploadTimestamp: number;
  /** Orders versions of the same millisecond. */
  sequence: number;
  /** `AES256`, where B2 was asked to encrypt it. */
  encryption?: string;
  /** Whole files have one; large files one a part, in order. */
  pieces: Piece[];
  retention?: { mode: 'governance' | 'compliance'; retainUntilTimestamp: number };
}

export interface LargeFile {
  version: FileVersion;
  parts: Map<number, Piece>;
}

/** An upload URL with its own token: one upload at a time, dead after the first that fails. */
export interface UploadTarget {
  id: string;
  token: string;
  key: Key;
  bucketId: string;
  /** For parts of a large file. */
  fileId?: string;
  isDead: boolean;
  running: number;
}

export interface Model {
  directory: string;
  recommendedPartSize: number;
  absoluteMinimumPartSize: number;
  keepsOnlyLast: boolean;
  keys: Map<string, Key>;
  /** Account tokens, by token. */
  tokens: Map<string, { key: Key; isExpired: boolean }>;
  buckets: Map<string, Bucket>;
  versions: FileVersion[];
  largeFiles: Map<string, LargeFile>;
  targets: Map<string, UploadTarget>;
  violations: string[];
  nextNumber: () => number;
}

export const ACCOUNT_ID = 'a1b2c3d4e5f6';

export const ALL_CAPABILITIES = (
  'listKeys writeKeys deleteKeys listBuckets listAllBucketNames readBuckets writeBuckets deleteBuckets ' +
  'readBucketRetentions writeBucketRetentions listFiles readFiles shareFiles writeFiles deleteFiles ' +
  'readFileRetentions writeFileRetentions bypassGovernance'
).split(' ');
