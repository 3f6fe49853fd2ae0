import type { Context } from '../core/context.ts';
import { describeFailure } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';
import { prune } from './prune.ts';

interface Warnings {
  /** Those of the backup so far. */
  warnings: readonly string[];
  /** Adds one to them. */
  warn: (message: string) => void;
}

/**
 * Prunes after a good backup, where the server asks for it. The backup is recorded as a success, and no failure here
 * changes that: it becomes a warning of the backup, and the next prune tries again. `justMade` is the new backup, which
 * stays against all rules.
 */
export async function autoPrune(
  server: ServerRecord,
  justMade: number,
  { warnings, warn }: Warnings,
  context: Context,
): Promise<void> {
  if (!server.autoPrune) return;
  const warnedBefore = warnings.length;
  try {
    await pruneAndTell(server, justMade, warn, context);
  } catch (error) {
    warn(`cannot remove old backups: ${describeFailure(error).message}`);
  }
  if (warnings.length === warnedBefore) return;
  try {
    await context.catalog.backups.setWarnings(justMade, warnings);
  } catch (error) {
    warn(`cannot record these warnings in the catalogue: ${describeFailure(error).message}`);
  }
}

async function pruneAndTell(
  server: ServerRecord,
  justMade: number,
  warn: (message: string) => void,
  context: Context,
): Promise<void> {
  // A dump may take hours, during which a server gets other rules.
  const today = await context.catalog.servers.find(server.id);
  if (today?.autoPrune !== true) return;
  const entries = await prune(today, { isDry: false, justMade }, context);
  const removed = entries.filter(({ action }) => action === 'remove').length;
  if (removed > 0) context.report({ type: 'pruned', server: server.name, removed });
  const unknown = new Map(
    entries.flatMap(({ action, backup, reasons }) =>
      action === 'unknown' ? [[backup.place, reasons.join(', ')] as const] : [],
    ),
  );
  for (const [place, reason] of unknown) {
    warn(`nothing was pruned in ${place}: ${reason}. If this storage is gone for good: pgbak catalog forget ${place}`);
  }
  for (const { action, backup, reasons } of entries) {
    if (action === 'failed') warn(`cannot remove backup ${backup.copyOf ?? backup.backupId}: ${reasons.join(', ')}`);
  }
}
