import type { Context } from '../core/context.ts';
import { describeFailure, failureText } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import { objectNameOf } from '../server/names.ts';
import { whereNext } from '../storage/place.ts';
import { resolveSettings, type SettingsOverrides } from '../server/settings.ts';
import { resolvePingUrls } from '../server/ping-urls.ts';
import type { Outcome } from './outcome.ts';
import type { RunUnit } from './run-unit.ts';

/** Tells what a run would do with a server. Checks its settings, but starts, stores and pings nothing. */
export function dryRun({ server, obstacle }: RunUnit, overrides: SettingsOverrides, { environment }: Context): Outcome {
  const identity = { serverId: server.id, name: server.name };
  try {
    if (obstacle !== undefined) throw obstacle;
    const settings = resolveSettings(server, environment, overrides);
    parseConnection(settings.connectionString);
    const objectName = objectNameOf(settings.archiveName, settings.format);
    const where = settings.destinations.map(({ place }) => whereNext(place, objectName)).join(' and ');
    const secrecy = settings.archivePassword === undefined ? 'not encrypted' : 'encrypted';
    return {
      ...identity,
      status: 'skipped',
      reason: `dry run: would be stored as ${where}, ${secrecy}`,
    };
  } catch (error) {
    const failure = describeFailure(error, [], server);
    const { problems } = resolvePingUrls(server, environment);
    return {
      ...identity,
      status: 'failed',
      durationMs: 0,
      warnings: problems,
      error: failureText(failure),
      interrupted: false,
    };
  }
}
