import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Secret } from '../core/secret.ts';
import { ConfigError, errorCode, ProgramError } from '../core/errors.ts';
import { makeDirectory } from '../system/make-directory.ts';
import { runProgram } from '../system/programs.ts';
import { withBlock, withoutBlock } from './crontab.ts';
import type { Installation } from './installation.ts';
import { UNIT_MARK } from './units.ts';

interface Units {
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

/** Writes both units and starts the timer. */
export async function installUnits(installation: Installation, units: Units, signal: AbortSignal): Promise<string[]> {
  const folder = unitFolder(installation);
  const files = [
    { path: join(folder, 'pgbak.service'), text: units.service },
    { path: join(folder, 'pgbak.timer'), text: units.timer },
  ];
  for (const { path } of files) refuseForeign(path);
  const said = files.map(({ path, text }) => {
    if (contentOf(path) === text) return `${path} is as it should be`;
    makeDirectory(folder, 0o755);
    writeFileSync(path, text, { mode: 0o644 });
    return `wrote ${path}`;
  });
  const linger = installation.isRoot ? [] : ['To let the timer run while you are logged out: loginctl enable-linger'];
  return [
    ...said,
    await systemctl(installation, [['daemon-reload'], ['enable', '--now', 'pgbak.timer']], signal),
    ...linger,
  ];
}

/** Stops the timer and removes both units. */
export async function removeUnits(installation: Installation, signal: AbortSignal): Promise<string[]> {
  const folder = unitFolder(installation);
  const paths = ['pgbak.service', 'pgbak.timer'].map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (paths.length === 0) return [`no units of pgbak in ${folder}`];
  paths.forEach((path) => refuseForeign(path));
  const stopped = await systemctl(installation, [['disable', '--now', 'pgbak.timer']], signal);
  for (const path of paths) rmSync(path);
  await systemctl(installation, [['daemon-reload']], signal);
  return [stopped, ...paths.map((path) => `removed ${path}`)];
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

/** Calls systemctl. Where no systemd runs (a container, another init), the returned sentence says what to run later. */
async function systemctl({ isRoot, home }: Installation, calls: string[][], signal: AbortSignal): Promise<string> {
  const scope = isRoot ? [] : ['--user'];
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    ...(runtime === undefined ? {} : { XDG_RUNTIME_DIR: runtime }),
  };
  const words = (call: string[]) => ['systemctl', ...scope, ...call].join(' ');
  for (const call of calls) {
    try {
      const command = { name: 'systemctl', file: 'systemctl', args: [...scope, ...call], env };
      const { exitCode, stderrTail } = await runProgram(command, { signal, timeoutMs: 60_000 });
      if (exitCode !== 0)
        return `${words(call)} did not work (${stderrTail.split('\n')[0] ?? ''}); run it where systemd runs`;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProgramError)) throw error;
      return `there is no systemctl here; where systemd runs: ${words(call)}`;
    }
  }
  return calls.map((call) => words(call)).join(', ');
}
