import { homedir } from 'node:os';
import type { Context } from '../core/context.ts';
import { FORMATS } from '../core/archive-format.ts';
import { formatCount } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { findSchedule } from '../schedule/find-schedule.ts';
import { knownPlacesOf } from '../server/destination.ts';
import { objectNameOf } from '../server/names.ts';
import type { ServerFields, ServerRecord } from '../server/server.ts';
import { encryptionSource } from '../server/settings.ts';

/** What a new server still lacks, with what that costs. */
export function lacksOf(server: ServerRecord, { environment }: Pick<Context, 'environment'>): string[] {
  const name = quoted(server.name);
  const { hcUrlSuccess, hcUrlFail } = server;
  return [
    ...(encryptionSource(server, environment) === 'none'
      ? [
          `the archives of ${server.name} are NOT encrypted: anyone who gets one can read it. To encrypt them: pgbak edit ${name} --archive-password file:/path/to/file`,
        ]
      : []),
    ...(hcUrlSuccess === undefined && hcUrlFail === undefined
      ? [
          `no health check is set: if a backup of ${server.name} fails or is not made, you will not notice. Make one at healthchecks.io, then: pgbak edit ${name} --hc-url https://hc-ping.com/your-uuid`,
        ]
      : []),
  ];
}

/** Told while no schedule is found, with the command that makes one. */
export const NO_SCHEDULE = 'Nothing starts pgbak by itself yet. To start it every hour: pgbak schedule --install cron';

/** Whether no crontab and no timer of this machine starts pgbak. */
export async function lacksSchedule({
  environment,
  signal,
}: Pick<Context, 'environment' | 'signal'>): Promise<boolean> {
  const schedule = await findSchedule(homedir(), environment.variables()['PATH'] ?? '', signal);
  return schedule.length === 0;
}

/** What to type next, after a server was added. */
export async function nextSteps(server: ServerRecord, context: Context): Promise<string[]> {
  return [
    `Back it up now: pgbak run ${quoted(server.name)}`,
    ...((await lacksSchedule(context)) ? [NO_SCHEDULE] : []),
    ...(await takeOver(server, context)),
  ];
}

/** How to take over the backups of a deleted server that are in a place of a server, under its archive name. */
export async function takeOver(
  server: ServerFields,
  { catalog, environment }: Pick<Context, 'catalog' | 'environment'>,
): Promise<string[]> {
  const names = FORMATS.map((format) => objectNameOf(server.archiveName, format));
  const lines: string[] = [];
  for (const place of knownPlacesOf(server, environment)) {
    const count = await catalog.places.orphans(place, names);
    if (count === 0) continue;
    const are = count === 1 ? 'is' : 'are';
    lines.push(
      `${formatCount(count, 'backup')} of a server that was deleted ${are} in ${place} under the same name. To take ${count === 1 ? 'it' : 'them'} over: pgbak catalog rebuild --from ${quoted(place)}`,
    );
  }
  return lines;
}
