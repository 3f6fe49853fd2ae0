import type { SevenZip } from '../archive/seven-zip.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import type { ExposedDirectory } from '../catalog/exposed-directory.ts';
import type { CatalogHealth } from '../catalog/health.ts';
import type { ServerRecord } from '../server/server.ts';
import type { PingUrls, ServerSettings } from '../server/settings.ts';
import type { ClientPrograms } from '../postgres/client-programs.ts';
import type { PreparedDump } from '../postgres/prepare-dump.ts';
import type { UnreadableTable } from '../postgres/unreadable-tables.ts';
import type { Storage } from '../storage/storage.ts';
import type { ScheduleEntry } from '../schedule/find-schedule.ts';

/** The room in a directory. */
export interface TemporaryRoom {
  freeBytes: number;
  /** Why space of an archive cannot be given back while it is sent; undefined where it can. */
  refusal?: string;
}

/** Everything the doctor looks at. Nothing of it changes anything, but for a `Storage` that is asked to. */
export interface DoctorTools {
  /** pgbak's own version and program. */
  version: string;
  program: string;
  now: Date;
  signal: AbortSignal;
  catalogHealth: CatalogHealth;
  /** Undefined where nobody else can put a file in the place of the catalogue. */
  exposedDirectory: ExposedDirectory | undefined;
  /** Undefined where there is none that could be opened without changing it. */
  catalog: Pick<Catalog, 'servers' | 'backups'> | undefined;
  temporaryDirectory: string;
  /** Rejects where nothing can be written to it. */
  roomIn: (directory: string) => Promise<TemporaryRoom>;
  /** So much of archives that are on their way to storage may lie there. */
  temporaryLimitBytes: number;
  /** Whether a server's storage takes its archives while they are written. */
  isSentWhileWritten: (server: ServerRecord) => boolean;
  findSevenZip: () => Promise<SevenZip>;
  /** Where backups would be restored to be verified, in words; rejects where there is no such place. */
  scratchServer: () => Promise<string>;
  /** Rejects where zstd is not to be had. */
  findZstd: () => Promise<unknown>;
  findClientPrograms: () => Promise<ClientPrograms[]>;
  findSchedule: () => Promise<ScheduleEntry[]>;
  settingsFor: (server: ServerRecord) => ServerSettings;
  pingUrlsFor: (server: ServerRecord) => { urls: PingUrls; problems: string[] };
  prepareDump: (server: ServerRecord, settings: ServerSettings) => Promise<PreparedDump>;
  unreadableTables: (server: ServerRecord, settings: ServerSettings) => Promise<UnreadableTable[]>;
  storageFor: (server: ServerRecord, settings: ServerSettings) => Promise<Storage>;
  /** Writes a small object and removes it again. */
  probeWrite: ((storage: Storage, objectName: string) => Promise<void>) | undefined;
}
