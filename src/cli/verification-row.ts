import type { Verification } from '../restore/verify.ts';
import { paint } from './paint.ts';

export const VERIFICATION_COLUMNS = [
  { title: 'server', shrinksTo: 8 },
  { title: 'backup' },
  { title: 'result' },
  { title: 'what was seen', shrinksTo: 20 },
];

/** The cells of a verification's line in the table of `verify`. */
export function verificationCells({ name, backupId, isGood, message }: Verification): string[] {
  return [name, String(backupId), isGood ? paint('green', 'good') : paint('red', 'BAD'), message];
}
