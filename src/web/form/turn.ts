import type { listDatabases } from '../../monitor/list-databases.ts';
import type { ServerRecord } from '../../server/server.ts';
import type { Draft } from './drafts.ts';
import type { InputKey } from './inputs.ts';
import type { InputProblem } from './read-form.ts';

/** What a form is about. */
export interface Target {
  /** Where it is, and is sent. */
  path: string;
  /** The server that is edited. */
  today: ServerRecord | undefined;
  /** How many of its backups are stored. */
  storedCount: number;
}

/** What a button of the form asks for. */
export type Wish = 'store' | 'connection' | 'storage';

/** What a form that was sent led to, to be shown in the same form. */
export interface Outcome {
  problems: readonly InputProblem[];
  /** What is wrong with no input in particular; also what is no fault of the person. */
  problem?: unknown;
  /** What tries found, below the input that they concern. */
  found?: ReadonlyMap<InputKey, string>;
  /** Those to choose from, where the connection string names none. */
  databases?: Awaited<ReturnType<typeof listDatabases>>;
  /** Whether a directory is missing, or not known. */
  isDirectoryMissing?: boolean;
}

/** A form as it was sent, and what came of it. */
export interface Turn {
  /** Without secrets, which are in the draft. */
  form: URLSearchParams;
  draft: Draft;
  wish: Wish;
  outcome: Outcome;
  /** The fingerprint of the server then. */
  seen: string | undefined;
}
