import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Secret } from '../core/secret.ts';
import { ConfigError, errorCode, ProgramError } from '../core/errors.ts';
import { makeDirectory } from '../system/make-directory.ts';
import { runProgram } from '../system/programs.ts';
import { withBlock, withoutBlock } from './crontab.ts';
import type { Installation } from './installation.ts';
import { UNIT_MARK } from './units.ts';

export interface Units {
  service: string;
  timer: string;
}

/**
 * Writes the environment file, or adds the variables that an existing one does not name yet. Its other lines stay: a person may
 * have edited them. Returns a sentence that names variables, never their values.
 */
export function installEnvironmentFile({ environmentFile }: Installation, text: string): string {
  const today = contentOf(environmentFile);
  const { lines } = variablesIn(text);
  if (today === undefined) {
    makeDirectory(dirname(environmentFile), 0o700);
    writeFileSync(environmentFile, text, { mode: 0o600, flag: 'wx' });
    chmodSync(environmentFile, 0o600);
    return `wrote ${environmentFile} (mode 0600): ${[...lines.keys()].join(', ')}`;
  }
  const { lines: there, names: mentioned } = variablesIn(today);
  const added = [...lines].filter(([name]) => !mentioned.has(name));
  const differing = [...lines].filter(([name, line]) => there.has(name) && there.get(name) !== line);
  if (added.length > 0) {
    const before = today === '' || today.endsWith('\n') ? '' : '\n';
    appendFileSync(environmentFile, `${before}${added.map(([, line]) => `${line}\n`).join('')}`);
  }
  const names = (list: readonly (readonly [string, string])[]) => list.map(([name]) => name).join(', ');
  return [
    `${environmentFile} exists already`,
    added.length === 0 ? ' and was not changed' : `; added ${names(added)}`,
    differing.length === 0
      ? ''
      : `; these have another value there than here, and were not changed: ${names(differing)}`,
  ].join('');
}

/** The lines that set a variable, and the names of all variables that a line sets, even in a comment. */
function variablesIn(text: string): { lines: Map<string, string>; names: Set<string> } {
  const lines = new Map<string, string>();
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [, comment, name] = /^\s*(#\s*)?(?:export\s+)?([A-Za-z_]\w*)=/.exec(line) ?? [];
    if (name === undefined) continue;
    names.add(name);
    if (comment === undefined) lines.set(name, line);
  }
  return { lines, names };
}

/** Puts pgbak's line into the crontab of this user, or takes it out. */
export async function changeCrontab(
  installation: Installation,
  isInstalled: boolean,
  signal: AbortSignal,
): Promise<string> {
  const { exitCode, stdout, stderrTail } = await crontab(['-l'], undefined, installation, signal);
  if (exitCode !== 0 && !/no crontab for/i.test(stderrTail)) {
    throw new ProgramError(`crontab -l failed: ${stderrTail || `exit code ${exitCode}`}`);
  }
  const today = exitCode === 0 ? stdout : '';
  const wanted = isInstalled ? withBlock(today, installation) : withoutBlock(today);
  if (wanted === today) return isInstalled ? 'the crontab starts pgbak already' : 'the crontab had no line of pgbak';
  const written = await crontab(['-'], wanted, installation, signal);
  if (written.exitCode !== 0) throw new ProgramError(`crontab refused the new table: ${written.stderrTail}`);
  return isInstalled ? 'the crontab starts pgbak every hour now' : 'removed the line of pgbak from the crontab';
}

async function crontab(args: string[], input: string | undefined, { home }: Installation, signal: AbortSignal) {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, LC_ALL: 'C' };
  const command = { name: 'crontab', file: 'crontab', args, env };
  try {
    return await runProgram(command, {
      signal,
      timeoutMs: 30_000,
      ...(input === undefined ? {} : { input: new Secret(input) }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProgramError)) throw error;
    throw new ConfigError(
      `the program crontab is not installed here: ${error.message}`,
      'Install cron, or use --install systemd.',
    );
  }
}

export function unitFolder({ isRoot, home }: Installation): string {
  return isRoot ? '/etc/systemd/system' : join(home, '.config/systemd/user');
}

/**
 * Writes both units and starts the timer. `say` takes a sentence for each step that is done.
 *
 * @throws ProgramError where the timer cannot be started; the units stay, and the hint says so
 */
export async function installUnits(
  installation: Installation,
  units: Units,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const folder = unitFolder(installation);
  const files = [
    { path: join(folder, 'pgbak.service'), text: units.service },
    { path: join(folder, 'pgbak.timer'), text: units.timer },
  ];
  for (const { path } of files) refuseForeign(path);
  for (const { path, text } of files) {
    if (contentOf(path) === text) {
      say(`${path} is as it should be`);
      continue;
    }
    makeDirectory(folder, 0o755);
    writeFileSync(path, text, { mode: 0o644 });
    say(`wrote ${path}`);
  }
  const calls = [['daemon-reload'], ['enable', '--now', 'pgbak.timer']];
  const failure = await systemctl(installation, calls, signal);
  if (failure !== undefined) {
    const later = calls.map((call) => systemctlWords(installation, call)).join(' && ');
    throw new ProgramError(
      `the timer was not started, so nothing starts pgbak yet: ${failure.reason}`,
      `The units stay in ${folder}. Where systemd runs, start the timer: ${later}\nOr use cron: pgbak schedule --install cron`,
    );
  }
  say('systemd starts pgbak every hour now');
  if (!installation.isRoot) say('To let the timer run while you are logged out: loginctl enable-linger');
}

/**
 * Stops the timer and removes both units. `say` takes a sentence for each step that is done.
 *
 * @throws ProgramError where the timer cannot be stopped; the units are removed, and the hint says so
 */
export async function removeUnits(
  installation: Installation,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const folder = unitFolder(installation);
  const paths = ['pgbak.service', 'pgbak.timer'].map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (paths.length === 0) return say(`there are no units of pgbak in ${folder}`);
  paths.forEach((path) => refuseForeign(path));
  const failure = await systemctl(installation, [['disable', '--now', 'pgbak.timer']], signal);
  for (const path of paths) {
    rmSync(path);
    say(`removed ${path}`);
  }
  await systemctl(installation, [['daemon-reload']], signal);
  // Without systemctl no timer can be running.
  if (failure === undefined || failure.isAbsent) return;
  throw new ProgramError(
    `the timer may still run: ${failure.reason}`,
    `The units are removed. Where systemd runs, stop the timer: ${systemctlWords(installation, ['stop', 'pgbak.timer'])}`,
  );
}

function refuseForeign(path: string): void {
  const content = contentOf(path);
  if (content === undefined || content.startsWith(UNIT_MARK)) return;
  throw new ConfigError(
    `the file ${path} was not written by pgbak schedule`,
    'Nothing was changed. Move the file away first.',
  );
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function systemctlWords({ isRoot }: Installation, call: readonly string[]): string {
  return ['systemctl', ...(isRoot ? [] : ['--user']), ...call].join(' ');
}

/** Calls systemctl. Tells why it failed; it is absent in a container, and under another init it finds no systemd. */
async function systemctl(
  installation: Installation,
  calls: string[][],
  signal: AbortSignal,
): Promise<{ reason: string; isAbsent: boolean } | undefined> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: installation.home,
    LC_ALL: 'C',
    ...(runtime === undefined ? {} : { XDG_RUNTIME_DIR: runtime }),
  };
  for (const call of calls) {
    const words = systemctlWords(installation, call);
    try {
      const command = { name: 'systemctl', file: 'systemctl', args: words.split(' ').slice(1), env };
      const { exitCode, stderrTail } = await runProgram(command, { signal, timeoutMs: 60_000 });
      const reason = stderrTail.split('\n', 1)[0] || `exit code ${exitCode}`;
      if (exitCode !== 0) return { reason: `${words} failed: ${reason}`, isAbsent: false };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProgramError)) throw error;
      return { reason: 'there is no systemctl on this machine', isAbsent: true };
    }
  }
  return undefined;
}
