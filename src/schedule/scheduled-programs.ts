import { access } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';

/** What cron gives to what it starts (crontab(5)), where its table does not set another. */
const PATH_OF_CRON = '/usr/bin:/bin';

/** The lines of a crontab, a script or a unit that run pgbak; a comment that mentions it starts nothing. */
export function linesThatRunPgbak(text: string): string[] {
  return text.split('\n').filter((line) => !line.trimStart().startsWith('#') && /pgbak.*\brun\b/.test(line));
}

/** The programs that such lines start and that do not exist; what cannot be told is left out. */
export async function missingPrograms(text: string): Promise<string[]> {
  const path = /^\s*(?:export\s+)?PATH\s*=\s*"?([^"\n]*)/m.exec(text)?.[1] ?? PATH_OF_CRON;
  const programs = [...new Set(linesThatRunPgbak(text).flatMap((line) => programsIn(line)))];
  const isThere = await Promise.all(programs.map((program) => exists(program, path)));
  return programs.filter((_program, index) => isThere[index] === false);
}

/** What comes behind these is looked for in another place than this machine's file system. */
const OF_ANOTHER_PLACE = [
  'chroot',
  'docker',
  'docker-compose',
  'incus',
  'kubectl',
  'lxc',
  'machinectl',
  'podman',
  'ssh',
];
/** These look for a bare name in places of their own. */
const LAUNCHERS = ['bunx', 'doas', 'npm', 'npx', 'pnpm', 'pnpx', 'runuser', 'su', 'sudo', 'yarn'];

/** The word before `run`, and the node before that; or what starts it elsewhere. */
function programsIn(line: string): string[] {
  const words = wordsOf(line);
  // systemd.service(5): a program may have a sign before it.
  const programs = words.map((word) => word.replace(/^(ExecStart=)?[-@:+!]*/, ''));
  return words.flatMap((word, index) => {
    if (word !== 'run') return [];
    const [interpreter, program] = [programs[index - 2] ?? '', programs[index - 1] ?? ''];
    if (program === '') return [];
    const finders = isAbsolute(program) ? OF_ANOTHER_PLACE : [...OF_ANOTHER_PLACE, ...LAUNCHERS];
    const launcher = programs.slice(0, index - 1).find((earlier) => finders.includes(basename(earlier)));
    if (launcher !== undefined) return [launcher];
    return [...(basename(interpreter).startsWith('node') ? [interpreter] : []), program];
  });
}

/** A line in words, as a shell and systemd quote them; cron escapes a percent sign, systemd doubles it. */
function wordsOf(line: string): string[] {
  const words = line.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s;|&<>'"\\])+/g);
  return [...words].map(([word]) =>
    word
      .replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, (_whole, single?: string, double?: string, one?: string) =>
        (single ?? double?.replaceAll(/\\(.)/g, '$1') ?? one ?? '').replaceAll(String.raw`\%`, '%'),
      )
      .replaceAll('%%', '%'),
  );
}

async function exists(program: string, path: string): Promise<boolean> {
  if (isAbsolute(program)) return await isFile(program);
  // What a relative path or a variable means there is not known here.
  if (/[/$~`]/.test(program) || path.includes('$')) return true;
  const places = path.split(':').map((directory) => isFile(join(directory, program)));
  return (await Promise.all(places)).includes(true);
}

async function isFile(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
