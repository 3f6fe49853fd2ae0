/** What happens during a restore, as it happens. Sizes in bytes; a total that is not known is absent. */
export type RestoreEvent =
  | { type: 'step'; message: string }
  | { type: 'warning'; message: string }
  | { type: 'fetched'; bytes: number; totalBytes?: number }
  | { type: 'copied'; bytes: number; totalBytes?: number };
