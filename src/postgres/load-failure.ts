import { ProgramError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Ending } from '../system/programs.ts';
import { packageFor } from './match-version.ts';
import { inEnglish, isServerError, isSourcePlace, withoutSqlState } from './server-words.ts';

/** The first PostgreSQL that writes archives of a version (pg_backup_archiver.h, `K_VERS_1_15` and `K_VERS_1_16`). */
const WRITTEN_SINCE: Readonly<Record<string, number>> = { '1.15': 16, '1.16': 17 };

const NEWER =
  'The dump was made by a newer PostgreSQL than the target is. Restore into a server of that version or newer, with its client programs installed here.';

/** A name without a schema in a function's body; the server's words name the function in their context. */
const SEARCH_PATH =
  /(?:relation|function|procedure|operator|type|table|collation|text search \w+) [^\n]*does not exist[^]*?(?:PL\/pgSQL|SQL|PL\/\w+) function "?([^\s"(]+(?:\([^)]*\))?)"? (?:line|near|during|statement|at)/;

const HINTS: readonly [RegExp, (found: RegExpExecArray) => string][] = [
  [/role "([^"]+)" does not exist/, ([, role]) => `Create the role first: CREATE ROLE "${role}"`],
  [/unrecognized configuration parameter|type attribute "\w+" not recognized|syntax error at or near/, () => NEWER],
  [
    /unsupported version \((.*)\) in file header/,
    ([, version = '']) => {
      const since = WRITTEN_SINCE[version];
      const needed = since === undefined ? 'those that made the dump' : `${packageFor(since)} or newer`;
      return `The pg_restore that is installed here is too old to read the dump. Install newer client programs: ${needed}`;
    },
  ],
  [
    /extension "([^"]+)" is not available|could not open extension control file/,
    ([, name]) => `Install the extension ${name ?? 'that is named'} on the target's machine first.`,
  ],
  [
    /must be member of role "([^"]+)"|must be able to SET ROLE "([^"]+)"/,
    ([, member, role]) =>
      `Make the role that restores a member of it (GRANT "${member ?? role}" TO ...), or let it own everything itself: --no-owner`,
  ],
  [
    /must be owner of extension (\S+)/,
    ([, name]) =>
      `Another role made the extension ${name ?? ''} in the target: restore as that role or as a superuser.`,
  ],
  [
    /must be owner of schema public/,
    () => 'Another role owns the schema public of the target: restore as that role, or leave owners out: --no-owner',
  ],
  [
    /permission denied to set session authorization|permission denied to change default privileges|permission denied to grant privileges/,
    () =>
      'The role that restores may not give these privileges: leave them out with --no-privileges, or restore as a superuser.',
  ],
  [
    /permission denied to create extension "?([^\s"]+)"?/,
    ([, name = '...']) =>
      `Have an administrator make it in the target first (CREATE EXTENSION ${name}); it is then left as it is.`,
  ],
  [
    /permission denied to (?:create|alter|change owner of|set parameter)|must be superuser to|permission denied for (?:language|foreign-data wrapper)|permission denied for database/,
    () =>
      'The role that restores may not do that. Restore as a role that may (your service may offer an administrator), or drop it at the source and back up again; a binary backup can be restored in part: --schema, --table.',
  ],
  [
    /permission denied for schema (\S+)/,
    ([, name = '...']) =>
      `The new owner of an object lacks CREATE on the schema: GRANT CREATE ON SCHEMA ${name} TO ..., or let the role that restores own everything: --no-owner`,
  ],
  [
    /directory "([^"]+)" does not exist|could not set permissions on directory "([^"]+)"/,
    ([, missing, closed]) =>
      `Make the directory ${missing ?? closed} on the target's machine, owned by the account that PostgreSQL runs as.`,
  ],
  [
    /lock timeout/,
    () =>
      'Another session holds a lock that is needed (pg_locks tells which). End it, or wait longer: --lock-wait-sec 3600',
  ],
  [
    /out of shared memory/,
    () =>
      'Raise max_locks_per_transaction of the target (postgresql.conf, then restart it): all is loaded in one transaction.',
  ],
  [/No space left on device/i, () => "The target's disk is full."],
];

/** Explains why psql or pg_restore did not load a dump: its own error, and a remedy for the common causes. */
export function explainLoadFailure(
  name: string,
  { stderrTail, rawStderr }: Pick<Ending, 'stderrTail' | 'rawStderr'>,
  outcome = 'nothing was restored',
): ProgramError {
  const message = (words: string) => `${name} failed, and ${outcome}: ${words || 'it gave no reason'}`;
  // A password may be one of the words that tell the cause.
  const words = errorIn(rawStderr.reveal());
  const fail = (hint: string | undefined) =>
    new ProgramError(message(errorIn(stderrTail)), hint, new Secret(message(words)));
  const unqualified = SEARCH_PATH.exec(rawStderr.reveal());
  if (unqualified !== null) {
    return fail(
      `A dump is loaded with an empty search_path, and the function ${unqualified[1]} looks for something without naming its schema. At the source: ALTER FUNCTION ${unqualified[1]} SET search_path = public, pg_temp; then back up again.`,
    );
  }
  const english = inEnglish(words);
  const [hint] = HINTS.flatMap(([pattern, advice]) => {
    const found = pattern.exec(english);
    return found === null ? [] : [advice(found)];
  });
  return fail(hint);
}

function errorIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !isSourcePlace(line));
  const first = lines.findIndex((line) => /error:|fatal:/i.test(line) || isServerError(line));
  return lines
    .slice(Math.max(first, 0), Math.max(first, 0) + 6)
    .map((line) => withoutSqlState(line.replace(/^psql:<stdin>:\d+: /, '').replace(/^(?:pg_restore|psql): /, '')))
    .join(' ');
}
