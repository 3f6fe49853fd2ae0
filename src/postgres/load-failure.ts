import { ProgramError } from '../errors.ts';

const NEWER =
  'The dump was made by a newer PostgreSQL than the target is. Restore into a server of that version or newer, with its client programs installed here.';

const HINTS: readonly [RegExp, (found: RegExpExecArray) => string][] = [
  [/role "([^"]+)" does not exist/, ([, role]) => `Create the role first: CREATE ROLE "${role}"`],
  [/unrecognized configuration parameter|unsupported version \(.*\) in file header/, () => NEWER],
  [
    /extension "([^"]+)" is not available|could not open extension control file/,
    ([, name]) => `Install the extension ${name ?? 'that is named'} on the target's machine first.`,
  ],
  [
    /must be member of role "([^"]+)"|must be able to SET ROLE "([^"]+)"/,
    ([, member, role]) =>
      `Make the role that restores a member of it (GRANT "${member ?? role}" TO ...), or let all belong to the role that restores: --no-owner, for binary backups`,
  ],
  [
    /must be owner of extension (\S+)/,
    ([, name]) =>
      `Another role made the extension ${name ?? ''} in the target: restore as that role or as a superuser.`,
  ],
  [
    /directory "([^"]+)" does not exist|could not set permissions on directory "([^"]+)"/,
    ([, missing, closed]) =>
      `Make the directory ${missing ?? closed} on the target's machine, owned by the account that PostgreSQL runs as.`,
  ],
  [/No space left on device/i, () => "The target's disk is full."],
];

/** Why psql or pg_restore did not load a dump: its own error, and for the common causes what to do. */
export function explainLoadFailure(name: string, stderr: string, outcome = 'nothing was restored'): ProgramError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const first = lines.findIndex((line) => /error:|fatal:/i.test(line));
  const words = lines
    .slice(Math.max(first, 0), Math.max(first, 0) + 6)
    .map((line) => line.replace(/^psql:<stdin>:\d+: /, '').replace(/^(?:pg_restore|psql): /, ''))
    .join(' ');
  const [hint] = HINTS.flatMap(([pattern, advice]) => {
    const found = pattern.exec(words);
    return found === null ? [] : [advice(found)];
  });
  return new ProgramError(`${name} failed, and ${outcome}: ${words || 'it gave no reason'}`, hint);
}
