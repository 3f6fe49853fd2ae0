import type { Context } from '../core/context.ts';
import { describeFailure, type Failure, failureText, StorageError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { directoryAt } from '../storage/place.ts';

/** Records a result. A result that cannot be recorded is a failure, which tells how to find the archive again. */
export async function recording(
  { place, objectId }: { place: string; objectId: string },
  objectName: string,
  record: () => Promise<void>,
  onUnsettled: () => void,
): Promise<void> {
  try {
    await record();
  } catch (error) {
    onUnsettled();
    const { message, hint } = describeFailure(error);
    const where = directoryAt(place) === undefined ? `${place}/${objectName} (${objectId})` : objectId;
    throw new StorageError(
      `the backup is stored as ${where}, but the catalogue could not record it: ${message}`,
      `${hint ?? ''} Then record the backup: pgbak catalog rebuild --from ${quoted(place)}`.trim(),
    );
  }
}

/** Records a failure. A catalogue that cannot be written to (a full disk) must not prevent the fail ping. */
export async function recordFailure(
  backupId: number | undefined,
  failure: Pick<Failure, 'message' | 'hint'>,
  warnings: readonly string[],
  { catalog, clock }: Context,
  warn: (message: string) => void,
): Promise<void> {
  if (backupId === undefined) return;
  try {
    await catalog.backups.fail(backupId, { finishedAt: clock.now(), error: failureText(failure), warnings });
  } catch (error) {
    warn(`cannot record the failure in the catalogue: ${describeFailure(error).message}`);
  }
}
