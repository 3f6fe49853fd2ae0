import type { ServerRecord } from '../server/server.ts';

/** What a run backs up by itself: a server, or a part of a cluster, with what was learned when the cluster was asked. */
export interface RunUnit {
  server: ServerRecord;
  /** Its whole cluster, where all of that is part of the run: one ping tells of all its parts. */
  cluster?: ServerRecord;
  /** Why it cannot be backed up. */
  obstacle?: unknown;
  /** Why this run leaves it out. */
  leftOut?: string;
  /** What is wrong with the cluster as a whole. */
  warnings?: readonly string[];
}
