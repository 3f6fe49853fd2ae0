import type { Context } from '../core/context.ts';
import { urlBelow } from '../notify/ping-url.ts';
import { resolvePingUrls } from '../server/ping-urls.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Verification } from './verify.ts';

/**
 * Pings the verify URL of a server, or of the cluster that it is a part of, once for all of its backups that were verified: they are
 * good if each of them is.
 */
export async function announceVerified(
  { partOf, ...itself }: ServerRecord,
  verifications: readonly Verification[],
  context: Context,
): Promise<void> {
  const server = (partOf === undefined ? undefined : await context.catalog.servers.find(partOf.clusterId)) ?? itself;
  const isGood = verifications.every((one) => one.isGood);
  const words = verifications.map(
    ({ backupId, name, level, verdict, message }) =>
      `backup ${backupId} of ${name} at level ${level}: ${verdict}\n${message}`,
  );
  const warning = await pingVerified(server, isGood, words.join('\n'), context);
  if (warning !== undefined) context.report({ type: 'warning', server: server.name, message: warning });
}

/** Pings the verify URL of a server, where it has one. Resolves with a warning when the ping failed. */
async function pingVerified(
  server: ServerRecord,
  isGood: boolean,
  body: string,
  { environment, version, clock }: Context,
): Promise<string | undefined> {
  const { urls, problems } = resolvePingUrls(server, environment);
  const { verify: url } = urls;
  if (url === undefined) return server.hcUrlVerify === undefined ? undefined : problems.join('; ');
  const { ping } = await import('../notify/ping.ts');
  const target = isGood ? url : urlBelow(url, 'fail');
  return await ping({ moment: 'verify', url: target, body, userAgent: `pgbak/${version}`, clock });
}
