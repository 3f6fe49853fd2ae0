import { objectNameOf } from '../server/archive-name.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import type { Concern } from '../postgres/dump-concerns.ts';
import type { DoctorTools } from './doctor-tools.ts';
import { finding, type Finding } from './findings.ts';
import { problemOf } from './problem-of.ts';

/** Everything that a backup of one server is going to need. */
export async function checkServer(server: ServerRecord, tools: DoctorTools): Promise<Finding[]> {
  const about = server.name;
  let settings: ServerSettings;
  try {
    settings = tools.settingsFor(server);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return [{ about, level: 'problem', ...problem }, ...checkPings(server, tools)];
  }
  let concerns: readonly Concern[] = [];
  const connection = await finding(
    about,
    async () => {
      const dump = await tools.prepareDump(server, settings);
      concerns = dump.concerns;
      return { level: 'ok', message: dump.summary };
    },
    problemOf,
  );
  const rights = connection.level === 'ok' ? [await checkRights(server, settings, tools)] : [];
  return [
    connection,
    ...concerns.map(({ level, message, hint }): Finding => ({
      about,
      level: level === 'advice' ? 'warning' : level,
      message,
      hint,
    })),
    ...rights,
    ...(await checkPrograms(server, settings, tools)),
    await checkStorage(server, settings, tools),
    ...checkSecrecy(server, settings),
    ...checkPings(server, tools),
  ];
}

/** What only some servers need. */
async function checkPrograms(server: ServerRecord, settings: ServerSettings, tools: DoctorTools): Promise<Finding[]> {
  const needed: (() => Promise<string>)[] = [];
  if (settings.compression.method === 'zstd') {
    needed.push(async () => {
      await tools.findZstd();
      return 'zstd is there';
    });
  }
  if (server.verifyAfter === 'restore') {
    needed.push(async () => `backups are verified in ${await tools.scratchServer()}`);
  }
  return await Promise.all(
    needed.map((look) =>
      finding(server.name, async () => ({ level: 'ok' as const, message: await look() }), problemOf),
    ),
  );
}

const MOST_NAMES = 10;

async function checkRights(server: ServerRecord, settings: ServerSettings, tools: DoctorTools): Promise<Finding> {
  return await finding(
    server.name,
    async () => {
      const tables = await tools.unreadableTables(server, settings);
      if (tables.length === 0) return { level: 'ok', message: 'the role may read every table' };
      const names = tables.slice(0, MOST_NAMES).map(({ name }) => name);
      const more = tables.length > MOST_NAMES ? ` and ${tables.length - MOST_NAMES} more` : '';
      const isHidden = tables.some(({ reason }) => reason === 'hidden');
      const grants = 'GRANT pg_read_all_data TO the role (PostgreSQL 14 and later)';
      return {
        level: 'problem',
        message: `the role cannot read all of ${names.join(', ')}${more}`,
        hint: isHidden
          ? `${grants}, and ALTER ROLE ... BYPASSRLS for row-level security.`
          : `${grants}, or dump as the owner.`,
      };
    },
    problemOf,
  );
}

async function checkStorage(server: ServerRecord, settings: ServerSettings, tools: DoctorTools): Promise<Finding> {
  const objectName = objectNameOf(settings.archiveName, settings.format);
  return await finding(
    server.name,
    async () => {
      const storage = await tools.storageFor(server, settings);
      await storage.check(objectName, tools.signal);
      const limits = (await storage.limits?.(tools.signal)) ?? [];
      if (tools.probeWrite === undefined) {
        return judged(`${storage.place} would take ${objectName} (nothing was written; try --probe-write)`, limits);
      }
      await tools.probeWrite(storage, objectName);
      return judged(`${storage.place} took a small file, and nothing of it is left`, limits);
    },
    problemOf,
  );
}

/** A key that may do less than a restore needs is worth a warning on the day it is set up. */
function judged(message: string, limits: readonly string[]): Omit<Finding, 'about'> {
  if (limits.length === 0) return { level: 'ok', message };
  return {
    level: 'warning',
    message: `${message}; with this key: ${limits.join('; ')}`,
    hint: 'Give it the capabilities listBuckets, listFiles, readFiles and writeFiles.',
  };
}

function checkSecrecy(server: ServerRecord, { archivePassword }: ServerSettings): Finding[] {
  if (archivePassword !== undefined) return [];
  const hint = 'Set --archive-password, as file:/path or env:NAME, or ARCHIVE_PASSWORD; and keep it elsewhere too.';
  return [{ about: server.name, level: 'warning', message: 'its archives are not encrypted', hint }];
}

function checkPings(server: ServerRecord, tools: DoctorTools): Finding[] {
  const about = server.name;
  const { urls, problems } = tools.pingUrlsFor(server);
  const broken = problems.map((message): Finding => ({ about, level: 'problem', message }));
  if (broken.length > 0) return broken;
  // To hear of verifications is not to hear of backups.
  const set = Object.keys(urls).filter((moment) => moment !== 'verify');
  if (set.length > 0) return [{ about, level: 'ok', message: `ping URLs for ${set.join(', ')} are well formed` }];
  const hint = 'Make a check at healthchecks.io and set --hc-url-success and --hc-url-fail.';
  return [{ about, level: 'warning', message: 'nobody hears when its backups fail or stop: no ping URL is set', hint }];
}
