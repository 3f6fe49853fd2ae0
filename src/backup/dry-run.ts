import { objectNameOf } from '../server/archive-name.ts';
import type { ServerRecord } from '../server/server.ts';
import { placeOfDestination, type SettingsOverrides } from '../server/settings.ts';
import { describeFailure, failureText } from './describe-failure.ts';
import type { Outcome } from './outcome.ts';
import type { Tools } from './tools.ts';

/** What a run would do with a server, with the same checks of its settings but nothing started, stored or pinged. */
export function dryRun(
  server: ServerRecord,
  overrides: SettingsOverrides,
  tools: Pick<Tools, 'settingsFor' | 'checkConnection' | 'pingUrlsFor'>,
): Outcome {
  const identity = { serverId: server.id, name: server.name };
  try {
    const settings = tools.settingsFor(server, overrides);
    tools.checkConnection(settings.connectionString);
    const place = placeOfDestination(settings.destination);
    const objectName = objectNameOf(settings.archiveName, settings.format);
    const secrecy = settings.archivePassword === undefined ? 'not encrypted' : 'encrypted';
    return {
      ...identity,
      status: 'skipped',
      reason: `dry run: would be stored as ${place}/${objectName}, ${secrecy}`,
    };
  } catch (error) {
    const failure = describeFailure(error, undefined);
    const { problems } = tools.pingUrlsFor(server);
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
