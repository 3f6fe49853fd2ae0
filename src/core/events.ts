/** The phases of one backup, in their order. */
type Phase = 'connecting' | 'dumping' | 'checking' | 'uploading' | 'verifying';

/**
 * What happens during a run or a restore. The terminal, the log and the tests listen to the same events. Sizes are in
 * bytes; a total that is not known is absent.
 */
export type RunEvent =
  | { type: 'cleaned'; message: string }
  /** The backup of a server begins: the `number`th of `count` in this run. */
  | { type: 'started'; server: string; number: number; count: number }
  | { type: 'phase'; server: string; phase: Phase; detail?: string }
  /** How many tables the dump is going to read, and roughly how large those with the most rows are. */
  | { type: 'tables'; server: string; count: number; roughBytes: ReadonlyMap<string, number> }
  /** How large the last archive of the same kind was. */
  | { type: 'measure'; server: string; archiveBytes: number }
  | { type: 'archived'; server: string; archiveBytes: number; dumpBytes?: number }
  /** The dump waits for the upload, or goes on. */
  | { type: 'held'; server: string; isHeld: boolean }
  | { type: 'dump-line'; server: string; line: string }
  | { type: 'uploaded'; server: string; sentBytes: number; sizeBytes: number }
  /** Worth knowing, but nothing is wrong. */
  | { type: 'note'; server?: string; message: string }
  | { type: 'warning'; server: string; message: string }
  | { type: 'succeeded'; server: string; sizeBytes: number; durationMs: number; where: string }
  /** Some places hold the backup, and others do not. */
  | { type: 'incomplete'; server: string; message: string }
  | { type: 'pruned'; server: string; removed: number }
  | { type: 'failed'; server: string; message: string; hint?: string; stack?: string }
  /** A restore or a verification begins to do something. `isRetry`: what it did before failed, and is done again. */
  | { type: 'step'; message: string; isRetry?: boolean }
  | { type: 'fetched'; bytes: number; totalBytes?: number }
  | { type: 'copied'; bytes: number; totalBytes?: number };

export type Report = (event: RunEvent) => void;
