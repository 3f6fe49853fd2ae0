import { StorageError } from '../core/errors.ts';

/** For how long a stored version may not be removed, from its upload on. */
export interface ObjectLock {
  days: number;
  /** In `governance` a key with that right may lift the lock; in `compliance` none may. */
  mode: 'compliance' | 'governance';
}

const DAY_MS = 86_400_000;

/** The moment until which a version is locked that is uploaded now. */
export function lockedUntil({ days }: ObjectLock, now: Date): Date {
  return new Date(now.getTime() + days * DAY_MS);
}

/** The failure where archives are to be locked, and the bucket has no Object Lock. `how` switches it on. */
export function noObjectLock(bucket: string, how: string): StorageError {
  return new StorageError(
    `archives are to be locked (--object-lock-days), and the bucket ${bucket} has no Object Lock`,
    `Switch it on: ${how}. Or store without a lock: pgbak destination edit NAME --object-lock-days 0`,
  );
}
