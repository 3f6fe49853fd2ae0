import type { Level } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { describeFailure, PgbakError } from '../../core/errors.ts';
import { passwordsOf } from '../../restore/archive-passwords.ts';
import { findPoint } from '../../restore/choose-point.ts';
import { openScratchServer } from '../../restore/scratch/open-scratch.ts';
import { sweepKilled } from '../../restore/temporary.ts';
import { verify } from '../../restore/verify.ts';
import type { ServerRecord } from '../../server/server.ts';

/** Verifies, tells each verdict as an event, and whether all are good. */
export async function verifyFromPage(
  servers: readonly ServerRecord[],
  { level, at }: { level: Level; at: string },
  context: Context,
): Promise<boolean> {
  const { environment, report } = context;
  await using scratch = openScratchServer(undefined, context);
  for (const message of (await sweepKilled(context)).removed) report({ type: 'note', message });
  let areGood = true;
  for (const server of servers) {
    try {
      const point = await findPoint(server, at, context);
      const passwords = () => passwordsOf(server, environment, undefined);
      const { isGood, verdict, message, backupId } = await verify(
        { level, server, point, passwords, scratch },
        context,
      );
      areGood &&= isGood;
      const words = `backup ${backupId} is ${verdict}: ${message}`;
      if (isGood) report({ type: 'note', server: server.name, message: words });
      else report({ type: 'failed', server: server.name, message: words });
    } catch (error) {
      if (!(error instanceof PgbakError) || context.signal.aborted) throw error;
      areGood = false;
      report({ type: 'failed', server: server.name, ...describeFailure(error) });
    }
  }
  return areGood;
}
