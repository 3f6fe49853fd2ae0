/** The phases of one backup, in their order. */
export type Phase = 'connecting' | 'dumping' | 'checking' | 'uploading' | 'verifying';

/** What happens during a run, as it happens. A terminal, a log and a test are three listeners to the same events. */
export type BackupEvent =
  | { type: 'cleaned'; message: string }
  | { type: 'started'; server: string }
  | { type: 'phase'; server: string; phase: Phase; detail?: string }
  /** How many tables the dump is going to read. */
  | { type: 'tables'; server: string; count: number }
  | { type: 'archived'; server: string; archiveBytes: number }
  /** The dump waits for the upload, or goes on. */
  | { type: 'held'; server: string; isHeld: boolean }
  | { type: 'dump-line'; server: string; line: string }
  | { type: 'uploaded'; server: string; sentBytes: number; sizeBytes: number }
  /** Worth knowing, but nothing is wrong. */
  | { type: 'note'; server?: string; message: string }
  | { type: 'warning'; server: string; message: string }
  | { type: 'succeeded'; server: string; sizeBytes: number; durationMs: number; place: string; objectName: string }
  | { type: 'pruned'; server: string; removed: number }
  | { type: 'failed'; server: string; message: string; hint?: string; stack?: string };

export type Report = (event: BackupEvent) => void;
