import type { Secret } from '../config/secret.ts';
import type { Clock } from '../system/clock.ts';
import type { Storage } from './storage.ts';

export interface B2Options {
  keyId: Secret;
  applicationKey: Secret;
  bucket: string;
  apiUrl: string | undefined;
  owner: string;
  clock: Clock;
}
export function openB2Storage(options: B2Options): Storage {
  throw new Error(options.bucket);
}
