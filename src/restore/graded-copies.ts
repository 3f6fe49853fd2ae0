import type { Catalog } from '../catalog/open-catalog.ts';
import type { Verdict } from '../catalog/verification-queries.ts';
import type { BackupRecord } from '../core/backup-record.ts';

/** A copy of a backup, with what verifications say of it. */
export type GradedCopy = BackupRecord & Verdict;

/** A backup that is held and all of its further copies, those that are held and those that are missing, in the order of the log. */
export async function gradedCopies(
  backupId: number,
  { backups, verifications }: Pick<Catalog, 'backups' | 'verifications'>,
): Promise<GradedCopy[]> {
  const copies = await backups.copiesOf(backupId);
  const verdicts = await verifications.verdictsOf(copies.map((copy) => copy.backupId));
  return copies.map((copy) => ({ ...copy, ...verdicts.get(copy.backupId) }));
}

/** Those of them that are held, the ones that were found bad behind the others. */
export function heldAmong(copies: readonly GradedCopy[]): GradedCopy[] {
  const held = copies.filter(({ objectId }) => objectId !== undefined);
  return held.toSorted((a, b) => Number(a.foundBad !== undefined) - Number(b.foundBad !== undefined));
}
