import { access } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';

/** The PATH that cron sets (crontab(5)), unless the crontab sets another. */
const PATH_OF_CRON = '/usr/bin:/bin';

/** The lines of a crontab, script or unit that run pgbak; not comments. */
export function linesThatRunPgbak(text: string): string[] {
  return text.split('\n').filter((line) => !line.trimStart().startsWith('#') && /pgbak.*\brun\b/.test(line));
}

/** The programs that such lines start and that do not exist; leaves out those that cannot be judged. */
export async function missingPrograms(text: string): Promise<string[]> {
  const path = /^\s*(?:export\s+)?PATH\s*=\s*"?([^"\n]*)/m.exec(text)?.[1] ?? PATH_OF_CRON;
  const programs = [...new Set(linesThatRunPgbak(text).flatMap((line) => programsIn(line)))];
  const isThere = await Promise.all(programs.map((program) => exists(program, path)));
  return programs.filter((_program, index) => isThere[index] === false);
}

/** These start programs of another machine, container or file system. */
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
/** These search for a bare name in their own places. */
const LAUNCHERS = ['bunx', 'doas', 'npm', 'npx', 'pnpm', 'pnpx', 'runuser', 'su', 'sudo', 'yarn'];

/** The word before `run` and a node before that; or the launcher that starts them elsewhere. */
function programsIn(line: string): string[] {
  const words = wordsOf(line);
  // systemd.service(5): a program may have a prefix character.
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

/** Splits a line into words, quoted as for a shell or systemd. cron escapes a percent sign, systemd doubles it. */
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
  // The meaning of a relative path or a variable is unknown here.
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
