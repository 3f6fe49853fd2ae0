export const LEVELS = ['remote', 'archive', 'restore'] as const;
/**
 * `remote`: storage has the object, with the size (and in B2 the SHA-1) that was recorded. `archive`: all of it is
 * fetched, compared, opened, and its dump read to the end. `restore`: it is loaded into a throwaway database, every
 * table there is counted, and the counts are compared with those of the dump where they were noted.
 */
export type Level = (typeof LEVELS)[number];

/** How one verification of a backup ended. */
export interface VerificationRecord {
  backupId: number;
  verifiedAt: Date;
  level: Level;
  isGood: boolean;
  /** What was seen, or what is wrong; secrets hidden. */
  message: string;
}
