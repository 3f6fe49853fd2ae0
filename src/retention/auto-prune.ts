import type { Context } from '../core/context.ts';
import { describeFailure } from '../core/failure.ts';
import type { ServerRecord } from '../server/server.ts';
import { prune } from './prune.ts';

/**
 * Prunes after a good backup, where the server asks for it. The backup is made, even if this fails: what could not be
 * removed is a warning, and is tried again after the next one. `justMade` is that backup: it stays, against all rules.
 */
export async function autoPrune(
  server: ServerRecord,
  justMade: number,
  warn: (message: string) => void,
  context: Context,
): Promise<void> {
  if (!server.autoPrune) return;
  try {
    const entries = await prune(server, { isDry: false, justMade }, context);
    const removed = entries.filter(({ action }) => action === 'remove').length;
    if (removed > 0) context.report({ type: 'pruned', server: server.name, removed });
    const unknown = new Map(
      entries.flatMap(({ action, backup, reasons }) =>
        action === 'unknown' ? [[backup.place, reasons.join(', ')] as const] : [],
      ),
    );
    for (const [place, reason] of unknown) {
      warn(`nothing was pruned in ${place}: ${reason}. If it is gone for good: pgbak catalog forget ${place}`);
    }
    for (const { action, backup, reasons } of entries) {
      if (action === 'failed') warn(`backup ${backup.backupId} could not be removed: ${reasons.join(', ')}`);
    }
  } catch (error) {
    warn(`old backups could not be removed: ${describeFailure(error).message}`);
  }
}
