import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramError } from '../core/errors.ts';
import { runProgram } from '../system/programs.ts';
import { withoutBlock } from './crontab.ts';
import { linesThatRunPgbak, missingPrograms } from './scheduled-programs.ts';
import { UNIT_MARK } from './units.ts';

/** A crontab, script or timer of this machine that starts pgbak. */
interface ScheduleEntry {
  /** `the crontab of this user`, `the systemd timer pgbak.timer`. */
  what: string;
  by: 'cron' | 'systemd';
  /** Whether `pgbak schedule` put it there for this user, and can take it out again. */
  isOwn: boolean;
  /** As systemd reports it; cron does not record it. */
  lastRun: string | undefined;
  isActive: boolean;
  /** The programs that it starts and that no longer exist: node or pgbak itself. */
  missing: readonly string[];
}

const OWN_SERVICE = 'pgbak.service';
const CRON_PLACES = ['/etc/crontab', '/etc/cron.d', '/etc/cron.hourly', '/etc/cron.daily', '/etc/cron.weekly'];

/** Searches the crontabs and units of this machine for lines that run pgbak. */
export async function findSchedule(home: string, path: string, signal: AbortSignal): Promise<ScheduleEntry[]> {
  const entries: ScheduleEntry[] = [];
  const crontab = await outputOf('crontab', ['-l'], path, home, signal);
  const ofCron = async (what: string, text: string, isOwn = false) => {
    if (!runsPgbak(text)) return;
    const missing = await missingPrograms(text);
    entries.push({ what, by: 'cron', isOwn, lastRun: undefined, isActive: true, missing });
  };
  const ofPersons = withoutBlock(crontab);
  const others = new Set(ofPersons.split('\n'));
  const own = crontab.split('\n').filter((line) => !others.has(line));
  await ofCron('the crontab of this user', own.join('\n'), true);
  await ofCron('the crontab of this user', ofPersons);
  for (const place of CRON_PLACES) {
    for (const file of await filesAt(place)) {
      await ofCron(file, await contentOf(file));
    }
  }
  const folders = [
    { folder: '/etc/systemd/system', scope: [] },
    { folder: join(home, '.config/systemd/user'), scope: ['--user'] },
  ];
  for (const { folder, scope } of folders) {
    for (const file of (await filesAt(folder)).filter((name) => name.endsWith('.service'))) {
      const text = await contentOf(file);
      const isOwn = file === join(folder, OWN_SERVICE) && text.startsWith(UNIT_MARK);
      if (!isOwn && !runsPgbak(text)) continue;
      const timer = await timerOf(file, scope, path, home, signal);
      entries.push({ ...timer, by: 'systemd', isOwn, missing: await missingPrograms(text) });
    }
  }
  return entries;
}

function runsPgbak(text: string): boolean {
  return linesThatRunPgbak(text).length > 0;
}

async function timerOf(
  service: string,
  scope: string[],
  path: string,
  home: string,
  signal: AbortSignal,
): Promise<Pick<ScheduleEntry, 'what' | 'lastRun' | 'isActive'>> {
  const timer = service.replace(/^.*\//, '').replace(/\.service$/, '.timer');
  const properties = ['show', timer, '--property=ActiveState', '--property=LastTriggerUSec'];
  const shown = await outputOf('systemctl', [...scope, ...properties], path, home, signal);
  const lastRun = /^LastTriggerUSec=(.+)$/m.exec(shown)?.[1];
  return {
    what: `the systemd timer ${timer}`,
    lastRun: lastRun === 'n/a' ? undefined : lastRun,
    isActive: /^ActiveState=active$/m.test(shown),
  };
}

/** The output of a program; empty where it is not installed or fails, as `crontab -l` does without a crontab. */
async function outputOf(
  file: string,
  args: string[],
  path: string,
  home: string,
  signal: AbortSignal,
): Promise<string> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const env = { PATH: path, HOME: home, LC_ALL: 'C', ...(runtime === undefined ? {} : { XDG_RUNTIME_DIR: runtime }) };
  try {
    const { exitCode, stdout } = await runProgram({ name: file, file, args, env }, { signal, timeoutMs: 10_000 });
    return exitCode === 0 ? stdout : '';
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError)) throw error;
    return '';
  }
}

async function filesAt(place: string): Promise<string[]> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [place];
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(place, name));
}

async function contentOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '');
}
