import { runBackups } from '../../backup/run-backups.ts';
import { takeRunLock } from '../../catalog/run-lock.ts';
import type { Level } from '../../core/backup-record.ts';
import type { ServerRecord } from '../../server/server.ts';
import type { Site } from '../site.ts';
import type { Job } from './jobs.ts';

/**
 * Backs servers up at once, as `pgbak run SERVER --force` does.
 *
 * @throws LockedError where another process backs up: it tells which
 * @throws BusyError while these pages are busy
 */
export async function beginRun(servers: readonly ServerRecord[], { context, jobs }: Site): Promise<Job> {
  jobs.refuseWhileBusy();
  const lock = await takeRunLock(context, { command: 'web' });
  try {
    const [first] = servers;
    const title = servers.length === 1 ? `Backup of ${first?.name}` : `Backup of ${servers.length} servers`;
    const path = servers.length === 1 ? `/servers/${first?.id}/run` : '/run';
    return jobs.start({ title, servers, again: { path, fields: {} } }, async (report, signal) => {
      await using _lock = lock;
      const request = {
        servers,
        force: true,
        acceptSize: false,
        dryRun: false,
        jobs: 1,
        jobsPerHost: 1,
        overrides: {},
      };
      const outcomes = await runBackups(request, { ...context, report, signal });
      return outcomes.every(({ status }) => status === 'success');
    });
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Verifies a restore point of a server, as `pgbak verify` does.
 *
 * @param at which one: `latest`, or the id of a backup
 * @throws BusyError while these pages are busy
 */
export function beginVerification(
  server: ServerRecord,
  { level, at }: { level: Level; at: string },
  { context, jobs }: Site,
): Job {
  const again = { path: `/servers/${server.id}/verify`, fields: { level, at } };
  const what = { title: `Verification of ${server.name}`, servers: [server], again };
  return jobs.start(what, async (report, signal) => {
    const { verifyFromPage } = await import('./verify.ts');
    return await verifyFromPage(server, { level, at }, { ...context, report, signal });
  });
}
