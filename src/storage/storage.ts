import type { Readable } from 'node:stream';
import type { Pausable } from '../system/pausable.ts';
import type { Checksum, Sums } from '../core/backup-record.ts';
import type { LifecycleEffect } from './lifecycle.ts';

/** A finished archive on the local disk, ready to be stored. */
export interface ArchiveFile {
  path: string;
  sizeBytes: number;
}

/** A finished archive that lies somewhere else. */
export interface ArchiveStream {
  /** Rejects where they are not those of the archive, at the latest behind the last one. */
  bytes: AsyncIterable<Buffer>;
  sizeBytes: number;
}

/** An archive that 7-Zip is still writing, strictly in order; only the first 32 bytes come last. */
export interface GrowingFile {
  path: string;
  /** Resolves with the size once the last byte is written, good or not. Rejects as `whole` does. */
  written: Promise<number>;
  /**
   * Resolves once the archive is complete and judged good, with its size and the facts that were not known before. Rejects
   * when nothing comes of it.
   */
  whole: Promise<{ sizeBytes: number; info: PutOptions['info'] }>;
  /** Opens the room of the file, once parts of it are sent. Undefined: no space can be given back. */
  room?: () => Promise<Room | undefined>;
}

/** The room that a growing file takes on its disk, and its writer, which can be paused. */
export interface Room extends Pausable {
  /** Gives back the space of a stored range, which reads as zeros from then on. */
  release(startByte: number, sizeBytes: number): Promise<void>;
  /** What the file system has left. */
  freeBytes(): Promise<number>;
  /** The most that the file may take on the disk. */
  limitBytes: number;
}

/** One stored version of an archive. Every backup of a server is a new version under the same name. */
export interface StoredObject {
  /** `ARCHIVE_NAME.sql.7z`, without what the storage adds to it. */
  name: string;
  /** Fetches and removes exactly this version: B2's file id, or the path of a file. */
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
   * Makes the note of the archive's SHA-256 that is kept with it (`core/checksum-note.ts`), where the storage learns that sum in
   * time.
   */
  noteSum?: (sha256: string) => Promise<string>;
  onProgress?: (sentBytes: number) => void;
  /** Called with trouble, in words, that is no failure yet. */
  onTrouble?: (message: string) => void;
  /** Called when the storage may hold another version of it; it could not be asked. */
  onUnsettled?: () => void;
}

/** Stores archives in one place. Failures are `StorageError`s without secrets; an abort rejects with the signal's reason. */
export interface Storage {
  /** `b2:my-bucket` or `file:/srv/backups`. */
  readonly place: string;
  /**
   * Proves, before hours of dumping, that an archive of this name could be stored: authorisation, bucket, capability
   * and prefix; or that the directory can be written to.
   */
  prepare(name: string, signal: AbortSignal): Promise<void>;
  /** The same, as far as that goes without changing anything. */
  check(name: string, signal: AbortSignal): Promise<void>;
  /** What the credentials do not allow, a sentence each; absent where there are none. */
  limits?(signal: AbortSignal): Promise<string[]>;
  /**
   * What the place does by itself to archives of that name; undefined where the credentials do not allow to ask, absent where a
   * place does nothing by itself.
   */
  lifecycle?(name: string, signal: AbortSignal): Promise<LifecycleEffect[] | undefined>;
  /** Proves that bytes can be stored under that name, and leaves none; absent where `put` and `remove` prove it. */
  probe?(name: string, signal: AbortSignal): Promise<void>;
  /** Stores a new version and resolves only when the storage has confirmed size and SHA-1. Leaves nothing on failure. */
  put(name: string, file: ArchiveFile, options: PutOptions): Promise<StoredObject & Sums>;
  /** The same with bytes as they come, where the storage needs no file to read them from. A stream that fails leaves nothing. */
  putStream?(name: string, stream: ArchiveStream, options: PutOptions): Promise<StoredObject & Sums>;
  /**
   * Stores a file while it grows, where the storage can. Nothing is visible before the file is complete. When nothing comes
   * of the file, this leaves nothing and rejects with its reason. The sums are those of the parts where space was released.
   */
  putGrowing?(name: string, file: GrowingFile, options: PutOptions): Promise<StoredObject & Checksum>;
  /**
   * The bytes of one version. The caller must destroy a stream it does not read to its end. Rejects with an
   * `ArchiveError` for what is no regular file.
   */
  get(object: Pick<StoredObject, 'id' | 'name'>, signal: AbortSignal): Promise<Readable>;
  /**
   * Makes a copy at `path` that shares the disk's blocks with the version. Resolves with false, and leaves nothing, where
   * the file system cannot.
   */
  clone?(object: Pick<StoredObject, 'id'>, path: string): Promise<boolean>;
  /** The note of the SHA-256 kept with a version; undefined where there is none, or something else. */
  sumNoteOf(object: Pick<StoredObject, 'id' | 'info'>): Promise<string | undefined>;
  /** All versions whose name begins with `prefix`, newest first within a name. Unfinished uploads are not listed. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** Finds one version, where that is quicker than a listing; undefined where it is missing. */
  find?(object: Pick<StoredObject, 'id'>): Promise<StoredObject | undefined>;
  /** Removes one version. One that is gone already is no error. */
  remove(object: Pick<StoredObject, 'id' | 'name'>, signal: AbortSignal): Promise<void>;
  /**
   * Removes what interrupted uploads of this name by the same catalogue left: unfinished large files, partial files.
   * Returns a sentence for each.
   */
  sweep(name: string, signal: AbortSignal): Promise<string[]>;
}

/** Identifies an object among those of all places: an id is unique in its own place only. */
export function objectKey(place: string | undefined, id: string | undefined): string {
  return `${place}\n${id}`;
}

/** The fact kept with an object, where storage can: the id of the catalogue that made it. */
export const CATALOG_FACT = 'pgbak-catalog';

/**
 * The fact that holds the note of an archive's SHA-256 (`core/checksum-note.ts`). B2 keeps it only for an archive that was complete
 * before its upload began, as it takes no facts later.
 */
export const SUM_FACT = 'pgbak-sum';
