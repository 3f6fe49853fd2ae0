import type { Level } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { describeFailure, PgbakError } from '../../core/errors.ts';
import { passwordsOf } from '../../restore/archive-passwords.ts';
import { findPoint } from '../../restore/choose-point.ts';
import { openScratchServer } from '../../restore/scratch/open-scratch.ts';
import { sweepKilled } from '../../restore/temporary.ts';
import { verify } from '../../restore/verify.ts';
import type { ServerRecord } from '../../server/server.ts';

/** Verifies, tells the verdict as an event, and whether it is good. */
export async function verifyFromPage(
  server: ServerRecord,
  { level, at }: { level: Level; at: string },
  context: Context,
): Promise<boolean> {
  const { environment, report } = context;
  const { name } = server;
  await using scratch = openScratchServer(undefined, context);
  for (const message of (await sweepKilled(context)).removed) report({ type: 'note', message });
  try {
    const point = await findPoint(server, at, context);
    const passwords = () => passwordsOf(server, environment, undefined);
    const { isGood, verdict, message, backupId } = await verify({ level, server, point, passwords, scratch }, context);
    report({ type: isGood ? 'note' : 'failed', server: name, message: `backup ${backupId} is ${verdict}: ${message}` });
    return isGood;
  } catch (error) {
    if (!(error instanceof PgbakError) || context.signal.aborted) throw error;
    report({ type: 'failed', server: name, ...describeFailure(error, [], name) });
    return false;
  }
}
