import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramError } from '../errors.ts';
import { runProgram } from './programs.ts';

/** Something of the host that starts pgbak by itself. */
export interface ScheduleEntry {
  /** `the crontab of this user`, `the systemd timer pgbak.timer`. */
  what: string;
  /** As systemd tells it; cron does not remember. */
  lastRun: string | undefined;
  isActive: boolean;
}

const CRON_PLACES = ['/etc/crontab', '/etc/cron.d', '/etc/cron.hourly', '/etc/cron.daily', '/etc/cron.weekly'];

/** Looks where cron and systemd keep what they start, for lines that run pgbak. */
export async function findSchedule(home: string, path: string, signal: AbortSignal): Promise<ScheduleEntry[]> {
  const entries: ScheduleEntry[] = [];
  const crontab = await outputOf('crontab', ['-l'], path, home, signal);
  if (runsPgbak(crontab)) entries.push({ what: 'the crontab of this user', lastRun: undefined, isActive: true });
  for (const place of CRON_PLACES) {
    for (const file of await filesAt(place)) {
      if (runsPgbak(await contentOf(file))) entries.push({ what: file, lastRun: undefined, isActive: true });
    }
  }
  const folders = [
    { folder: '/etc/systemd/system', scope: [] },
    { folder: join(home, '.config/systemd/user'), scope: ['--user'] },
  ];
  for (const { folder, scope } of folders) {
    for (const file of (await filesAt(folder)).filter((name) => name.endsWith('.service'))) {
      if (runsPgbak(await contentOf(file))) entries.push(await timerOf(file, scope, path, home, signal));
    }
  }
  return entries;
}

/** A comment that mentions pgbak starts nothing. */
function runsPgbak(text: string): boolean {
  return text.split('\n').some((line) => !line.trimStart().startsWith('#') && /pgbak.*\brun\b/.test(line));
}

async function timerOf(
  service: string,
  scope: string[],
  path: string,
  home: string,
  signal: AbortSignal,
): Promise<ScheduleEntry> {
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

/** What a program prints; nothing where it is not installed or fails, as `crontab -l` does without a crontab. */
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
