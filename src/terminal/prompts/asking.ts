import type { Environment } from '../../server/environment.ts';
import type { ServerFields, ServerInput, ServerRecord } from '../../server/server.ts';

/** What the prompts of `add` and `edit` know, and what they may try. */
export interface Asking {
  /** What flags said; it is not asked again. */
  given: ServerInput;
  /** The server as it stands, when it is edited. */
  today: ServerRecord | undefined;
  /** All other servers. */
  others: readonly ServerRecord[];
  /** How many backups of it are stored. */
  storedCount: number;
  environment: Environment;
  /** Whether answers are tried while they are typed. */
  isChecked: boolean;
  /** The whole server that the answers so far would make. */
  fieldsOf: (answers: ServerInput) => ServerFields;
  /** The databases of the server; undefined where nothing is to be tried. */
  listDatabases: ((fields: ServerFields) => Promise<{ name: string; sizeBytes: number | undefined }[]>) | undefined;
  /** Undefined where there is nothing to try. */
  tryConnection: ((fields: ServerFields) => Promise<string>) | undefined;
  tryPrograms: ((fields: ServerFields) => Promise<string>) | undefined;
  /** Asks whether to create a missing directory. Returns a sentence where something was done. */
  settleDestination: ((fields: ServerFields) => Promise<string | undefined>) | undefined;
  tryStorage: ((fields: ServerFields) => Promise<string>) | undefined;
  signal: AbortSignal;
}
