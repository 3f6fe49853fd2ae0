import type { Readable } from 'node:stream';
import type { Pausable } from '../system/pausable.ts';
import type { Checksum, Sums } from '../core/backup-record.ts';

/** A finished archive on the local disk, ready to be stored. */
export interface ArchiveFile {
  path: string;
  sizeBytes: number;
}

/** An archive that 7-Zip is still writing: strictly in order, but for the first 32 bytes, which come last. */
export interface GrowingFile {
  path: string;
  /** Resolves with its size once its last byte is written, good or not; rejects as `whole` does. */
  written: Promise<number>;
  /**
   * Resolves once it is whole and judged good, with its size and what could not be told of it before; rejects when
   * nothing shall come of it.
   */
  whole: Promise<{ sizeBytes: number; info: PutOptions['info'] }>;
  /** Asked once it is worth it: what may be done about the room that the file takes. Undefined: nothing. */
  room?: () => Promise<Room | undefined>;
}

/** The room that a growing file takes on its disk, and its writer, which can be paused. */
export interface Room extends Pausable {
  /** Gives back the space of a stored range, which reads as zeros from then on. */
  release(startByte: number, sizeBytes: number): Promise<void>;
  /** What the file system has left. */
  freeBytes(): Promise<number>;
  /** So much of the file may lie on the disk. */
  limitBytes: number;
}

/** One stored version of an archive. Every backup of a server is a new version under the same name. */
export interface StoredObject {
  /** `ARCHIVE_NAME.sql.7z`, without what the storage adds to it. */
  name: string;
  /** What fetches and removes exactly this version: B2's file id, or the path of a file. */
  id: string;
  sizeBytes: number;
  /** 40 hexadecimal digits, where the storage remembers one. */
  sha1?: string;
  storedAt: Date;
  /** Facts that were kept with it, where the storage can. */
  info?: Readonly<Record<string, string>>;
  /** Set while Object Lock forbids to remove it: `until 2027-01-01`, `by a legal hold`. */
  lock?: string;
}

export interface PutOptions {
  signal: AbortSignal;
  /** When the backup was started; a directory names its versions by it. */
  startedAt: Date;
  /** Short facts kept with the object where the storage can: lower-case keys, printable ASCII values. */
  info: Readonly<Record<string, string>>;
  /**
   * The note of an archive's SHA-256 that is to be kept with it (`core/checksum-note.ts`), where the storage learns that sum
   * in time.
   */
  noteSum?: (sha256: string) => Promise<string>;
  onProgress?: (sentBytes: number) => void;
  /** Told of what went wrong, in words, where that is no failure yet. */
  onTrouble?: (message: string) => void;
  /** Told, of a success or a failure, that the storage may hold another version of it, which could not be found out. */
  onUnsettled?: () => void;
}

/** Where archives go. Failures are `StorageError`s without any secret; an abort rejects with the signal's reason. */
export interface Storage {
  /** `b2:my-bucket` or `file:/srv/backups`, for people. */
  readonly place: string;
  /**
   * Proves, before hours of dumping, that an archive of this name could be stored: authorisation, bucket, capability
   * and prefix; or that the directory can be written to.
   */
  prepare(name: string, signal: AbortSignal): Promise<void>;
  /** The same as far as it can be told without changing anything. */
  check(name: string, signal: AbortSignal): Promise<void>;
  /** What will not work with what this storage lets its user do, a sentence each; absent where nothing is missing. */
  limits?(signal: AbortSignal): Promise<string[]>;
  /** Proves that bytes can be stored under that name, and leaves none; absent where storing and removing a file does. */
  probe?(name: string, signal: AbortSignal): Promise<void>;
  /** Stores a new version and resolves only when the storage has confirmed size and SHA-1. Leaves nothing on failure. */
  put(name: string, file: ArchiveFile, options: PutOptions): Promise<StoredObject & Sums>;
  /**
   * Stores a file while it grows, for a storage that can. Nothing is visible before the file is whole; when it never is,
   * nothing is left. Rejects with the file's own reason then. Knows the SHA-1 of all of it unless space was released.
   */
  putGrowing?(name: string, file: GrowingFile, options: PutOptions): Promise<StoredObject & Checksum>;
  /**
   * The bytes of one version. The caller must destroy a stream it does not read to its end. Rejects with an
   * `ArchiveError` for what is no regular file.
   */
  get(object: Pick<StoredObject, 'id' | 'name'>, signal: AbortSignal): Promise<Readable>;
  /**
   * Makes a copy at `path` that shares the disk's blocks with the version until either is changed, and resolves with
   * true; with false, and nothing there, where the file system cannot.
   */
  clone?(object: Pick<StoredObject, 'id'>, path: string): Promise<boolean>;
  /** The note of its SHA-256 that was kept with a version; undefined where there is none, or something else. */
  sumNoteOf(object: Pick<StoredObject, 'id' | 'info'>): Promise<string | undefined>;
  /** All versions whose name begins with `prefix`, newest first within a name. Unfinished uploads are not listed. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** One version, where to ask for it is quicker than a listing; undefined where it is not there. */
  find?(object: Pick<StoredObject, 'id'>): Promise<StoredObject | undefined>;
  /** Removes one version. Removing what is gone already is not an error. */
  remove(object: Pick<StoredObject, 'id' | 'name'>, signal: AbortSignal): Promise<void>;
  /**
   * Ends what an interrupted `put` of this name from the same catalogue left: unfinished large files, partial files.
   * Returns a sentence for each thing removed.
   */
  sweep(name: string, signal: AbortSignal): Promise<string[]>;
}

/** Tells objects of all places apart: an id is unique in its own only. */
export function objectKey(place: string | undefined, id: string | undefined): string {
  return `${place}\n${id}`;
}

/** The fact that is kept with an object, where storage can: the id of the catalogue that made it. */
export const CATALOG_FACT = 'pgbak-catalog';

/**
 * The fact that holds the note of an archive's SHA-256 (`core/checksum-note.ts`), where storage can keep it: B2 takes it only of
 * what is whole before it is sent, since it takes no more facts of a file once its upload has begun.
 */
export const SUM_FACT = 'pgbak-sum';
