import { html } from 'hono/html';
import type { VerificationRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { grouped } from '../core/group-by.ts';
import type { Piece } from './layout.ts';
import { moment } from './moment.ts';

/** What is known of each backup by its verifications. */
export function verdictsOf(newestFirst: readonly VerificationRecord[]): Map<number, VerificationRecord> {
  const verdicts = new Map<number, VerificationRecord>();
  for (const [backupId, some] of grouped(newestFirst, (one) => String(one.backupId))) {
    const verdict = verdictAmong(some);
    if (verdict !== undefined) verdicts.set(Number(backupId), verdict);
  }
  return verdicts;
}

/**
 * The newest verification of a backup where that found it bad; else the newest of the strongest kind since it was last
 * found bad: that an archive was read later makes a restore no less good.
 */
export function verdictAmong(newestFirst: readonly VerificationRecord[]): VerificationRecord | undefined {
  const bad = newestFirst.findIndex(({ isGood }) => !isGood);
  const good = bad === -1 ? newestFirst : newestFirst.slice(0, bad);
  return good.find(({ level }) => level === 'restore') ?? newestFirst[0];
}

/** `restored 3 hours ago`, `read 3 hours ago`, or what was found. */
export function verdictView(verification: VerificationRecord | undefined, context: Context): Piece | string {
  if (verification === undefined) return 'never';
  const { isGood, verifiedAt, level, message } = verification;
  const word = level === 'restore' ? 'restored' : 'read';
  return isGood
    ? html`${word} ${moment(verifiedAt, context)}`
    : html`<span class="badge failing">bad</span> ${message}, ${moment(verifiedAt, context)}`;
}
