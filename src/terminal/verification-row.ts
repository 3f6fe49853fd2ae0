import type { Verification } from '../restore/verify.ts';
import { paint } from './paint.ts';

export const VERIFICATION_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'result' },
  { title: 'what was seen', shrinksTo: 20 },
];

const WORDS: Record<Verification['verdict'], () => string> = {
  good: () => paint('green', 'good'),
  bad: () => paint('red', 'BAD'),
  unknown: () => paint('yellow', 'unknown'),
};

/** The cells of a verification's line in the table of `verify`. */
export function verificationCells({ name, backupId, verdict, message }: Verification): string[] {
  return [name, String(backupId), WORDS[verdict](), message];
}
