import type { Storage, StoredObject } from '../../../src/storage/storage.ts';

/** What can go wrong between pgbak and a place. */
export const FAULTS = [
  /** All is done as asked, and no word of it comes back. */
  'lose the answer',
  /** All is done as asked, and the answer tells another checksum. */
  'answer a wrong checksum',
  /** The connection stays open, and nothing moves on it. */
  'stall',
  /** The service is busy: 503, or what the kind has for it. */
  'storm of 503',
  /** The token has run out; the same credentials give another one. */
  'expire the credentials',
  /** The credentials are refused from now on, also for a new token. */
  'revoke the credentials',
  /** A download breaks off after some bytes, each time that it is asked for. */
  'cut the download',
  /** No room is left. */
  'fill the place',
] as const;

export type FaultName = (typeof FAULTS)[number];

/**
 * Where a fault strikes: `send` carries the bytes of an archive or of a part, `finish` makes an object of them (for an archive
 * that goes in one request both are that request), `ask` is every question what is there.
 */
export type Step = 'send' | 'finish' | 'ask' | 'fetch' | 'remove';

/** Often enough to outlast every retry. */
export const FOR_GOOD = 99_999;

/** An object as the referee sees it. */
export interface ThereObject {
  /** As `StoredObject.id`. */
  id: string;
  /** As `StoredObject.name`. */
  name: string;
  sizeBytes: number;
  /** Of the bytes that are really there. */
  sha1: string;
}

/** A version that the referee makes. */
export interface PlantedVersion {
  name: string;
  startedAt: Date;
}

/** A place of a test's own, with a storage in it that can be disturbed, and a referee that is no code of pgbak. */
export interface Rig extends AsyncDisposable {
  /** A storage that waits for nothing: its pauses take no time, and a connection is idle for half a second at most. */
  open(owner?: string): Storage;
  /** Lets a fault strike so many times. Faults of one step strike one after another, in the order in which they were armed. */
  arm(fault: FaultName, step: Step, times?: number): Promise<void>;
  /** From now on all goes well again. */
  disarm(): Promise<void>;
  /** How often faults have struck so far: a fault that never does would prove nothing. */
  struck(): number;
  /** All finished versions, whoever stored them. */
  there(): Promise<ThereObject[]>;
  /** What is there of unfinished uploads, and all else that belongs to no finished version. */
  leftovers(): Promise<string[]>;
  /** Puts small versions there, quickly; those of one name from the oldest to the newest. Returns their ids. */
  plant(versions: readonly PlantedVersion[]): Promise<string[]>;
  /** Leaves what an upload of that catalogue leaves when its process is killed. */
  leaveUnfinished(name: string, owner: string): Promise<void>;
  /** Forbids to remove an object, until `unlock`. */
  lock(object: StoredObject): Promise<void>;
  unlock(object: StoredObject): Promise<void>;
  /** Texts that no error may show. */
  secrets: readonly string[];
}

/** A kind of storage for the suite. */
export interface Kind {
  /** `B2`, `a directory` */
  name: string;
  start(): Promise<Rig>;
  /** Sizes of archives that it treats differently. */
  sizes: readonly number[];
  /** So large that it is sent while it grows, where the kind does that. */
  growingBytes: number;
  /** What cannot go wrong with it, and why not. */
  cannot: Readonly<Partial<Record<FaultName | 'lock an object', string>>>;
}
