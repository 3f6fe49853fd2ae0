import { resolvePingUrls } from '../server/settings.ts';
import type { VerifyAndTellTools } from './verify-and-tell.ts';
import { systemClock } from '../system/clock.ts';
import { buildHandOverTools } from './open-restore.ts';
import type { ScratchServer } from './open-scratch.ts';
import type { Workplace } from '../terminal/open-workplace.ts';

export interface VerifyOptions {
  scratch: ScratchServer;
  signal: AbortSignal;
  /** pgbak's own version. */
  version: string;
  warn: (message: string) => void;
  /** Look also into an archive that is not encrypted where there is a password. */
  allowsUnencrypted?: boolean;
}

export function buildVerifyTools(
  workplace: Workplace,
  { scratch, signal, version, warn, allowsUnencrypted = false }: VerifyOptions,
): VerifyAndTellTools {
  const { catalog, environment } = workplace;
  return {
    ...buildHandOverTools(workplace, signal, (event) => void (event.type === 'warning' && warn(event.message)), {
      allowsUnencrypted,
    }),
    catalog,
    clock: systemClock,
    warn,
    firstNeeds: scratch.firstNeeds,
    learnNeeds: scratch.learnNeeds,
    createScratch: scratch.createScratch,
    rowCountsOf: (backupId) => catalog.backups.rowCounts(backupId),
    pingVerified: async (server, isGood, body) => {
      const { urls, problems } = resolvePingUrls(server, environment);
      const { verify: url } = urls;
      if (url === undefined) return server.hcUrlVerify === undefined ? undefined : problems.join('; ');
      const [{ ping }, { failUrlOf }] = await Promise.all([
        import('../notify/ping.ts'),
        import('../notify/ping-url.ts'),
      ]);
      const target = isGood ? url : failUrlOf(url);
      const userAgent = `pgbak/${version}`;
      return await ping({ moment: 'verify', url: target, body, userAgent, clock: systemClock });
    },
  };
}
