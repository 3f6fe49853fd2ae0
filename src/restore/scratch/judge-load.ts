import { ArchiveError, ProgramError, type PgbakError } from '../../core/errors.ts';
import { describeLocale } from '../database/statements.ts';
import type { ScratchNeeds } from './needs.ts';

/** What follows when a throwaway server could not load a dump. */
export type LoadJudgment =
  /** The dump is bad, or could not be judged. In the second case the hint tells what would help. */
  | { reason: PgbakError }
  /** The dump may load on a server that meets these needs. */
  | { again: ScratchNeeds };

interface LoadSituation {
  needs: ScratchNeeds;
  /** Whether the server is pgbak's own. Such a server can be given what it lacks. */
  isOurs: boolean;
  /** The server's major version. */
  major: number;
  /** Why the database could not be created like the dumped one. */
  madeOtherwise: string | undefined;
}

const SERVER = 'Name a server that has it: --scratch-url or PGBAK_SCRATCH_URL.';

type Rule = [RegExp, (found: RegExpExecArray, situation: LoadSituation, failure: ProgramError) => LoadJudgment];

const unknown = (message: string, hint?: string): LoadJudgment => ({ reason: new ProgramError(message, hint) });
/** A bad dump is reported in one message, hint included. */
const bad = ({ message, hint }: ProgramError): LoadJudgment => ({
  reason: new ArchiveError(hint === undefined ? message : `${message}. ${hint}`),
});
const noExtension: Rule[1] = ([, name = ''], { major }) =>
  unknown(
    `extension ${name} is not installed here`,
    `Install it for PostgreSQL ${major} where pgbak verifies. ${SERVER}`,
  );

/** Recognizes failures by their English words. The first rule that matches counts. */
const RULES: Rule[] = [
  [/extension "([^"]+)" is not available/, noExtension],
  [/could not open extension control file "(?:[^"]*\/)?([^"/]+)\.control"/, noExtension],
  [/extension "([^"]+)" has no (?:installation script|update path)/, noExtension],
  // pg_cron asks for its setting before it says that it was not loaded. It lives in only one database of a server.
  [
    /unrecognized configuration parameter "cron\.|can only create extension in database/,
    (_, { needs, isOurs }, failure) =>
      isOurs && !needs.preload.includes('pg_cron')
        ? { again: { ...needs, preload: [...needs.preload, 'pg_cron'] } }
        : unknown(failure.message, 'Leave --scratch-url out: then pgbak starts a PostgreSQL server of its own.'),
  ],
  [
    /(?:extension )?"?([\w-]+)"? (?:must be (?:pre)?loaded|can only be loaded)|(?:must|can only) be loaded via "?shared_preload_libraries/,
    ([, library], { needs, isOurs }, failure) =>
      isOurs && library !== undefined && !needs.preload.includes(library)
        ? { again: { ...needs, preload: [...needs.preload, library] } }
        : unknown(failure.message, 'The server for throwaway databases needs it in shared_preload_libraries.'),
  ],
  [
    /could not (?:access file|load library) "([^"]+)"/,
    ([, library = '']) => unknown(`the library ${library} is not installed here`, SERVER),
  ],
  [
    /role "(.+?)" does not exist/,
    ([, name = ''], { needs, isOurs, major }, failure) => {
      if (!isOurs || needs.roles.some((role) => role.name === name)) return unknown(failure.message, failure.hint);
      if (name.startsWith('pg_')) {
        return unknown(`PostgreSQL ${major}, which is here, has no role ${name}`, installServer(needs));
      }
      return { again: { ...needs, roles: [...needs.roles, { name, isSuperuser: true }] } };
    },
  ],
  [
    /(?:tablespace|parameter "default_tablespace":) "(.+?)"/,
    ([, name = ''], { needs }, failure) =>
      // A tablespace that cannot be created is left out.
      !needs.tablespaces.includes(name)
        ? { again: { ...needs, tablespaces: [...needs.tablespaces, name] } }
        : unknown(failure.message, `Create the tablespace ${name} there, or leave --scratch-url out.`),
  ],
  [
    /out of shared memory|max_locks_per_transaction/,
    (_, { needs, isOurs }, failure) =>
      isOurs && needs.lockedObjects < 4_000_000
        ? { again: { ...needs, lockedObjects: needs.lockedObjects * 8 } }
        : unknown(failure.message, 'Raise max_locks_per_transaction of the server for throwaway databases.'),
  ],
  [/unsupported version \(.*\) in file header/, (_, __, failure) => unknown(failure.message, failure.hint)],
  [
    /could not create locale "([^"]+)"|collation "([^"]+)" for encoding|collation "([^"]+)" does not exist/,
    ([, a, b, c]) =>
      unknown(
        `the locale ${a ?? b ?? c} is not installed here`,
        `Install it (Debian: add it to /etc/locale.gen, run locale-gen). ${SERVER}`,
      ),
  ],
  [
    /invalid byte sequence for encoding|has no equivalent in encoding|no character .* in encoding/,
    (_, { needs }, failure) =>
      needs.encoding === undefined ? { again: { ...needs, encoding: 'SQL_ASCII' } } : bad(failure),
  ],
  [
    /invalid input syntax for type money/,
    (_, __, failure) => unknown(failure.message, 'The dump needs the lc_monetary of its server.'),
  ],
  // Faults of the server, not of the dump: no room, memory, connections, rights or feature; or the server went away.
  [
    /No space left|Disk quota|could not (?:extend|write|create|open|fsync|read|stat) (?:file|directory|temporary|block)|could not open [a-z-]+ file "|disk full|out of memory|[Tt]oo many (?:connections|clients)|connection slots/,
    (_, __, failure) =>
      unknown(
        failure.message,
        failure.find(/Permission denied|No such file/) !== null
          ? 'The dump asks for a file that the server for throwaway databases does not have, or may not read.'
          : 'The disk of the server for throwaway databases is full.',
      ),
  ],
  [
    /server closed the connection|terminating connection|connection to server|cannot connect to|there is no database|could not (?:connect|receive|send)|SSL (?:SYSCALL|connection)|the database system is|no connection to the server|canceling statement|lock timeout|deadlock detected|gave no reason|was killed|read-only transaction/,
    (_, __, failure) => unknown(failure.message, failure.hint),
  ],
  [
    /must be (?:a )?superuser|must be owner|must be (?:a )?member|must be able to SET ROLE|permission denied/,
    (_, { isOurs }, failure) => (isOurs ? bad(failure) : unknown(failure.message, failure.hint)),
  ],
  [
    /not supported by this build|was (?:built|compiled) without|unsupported (?:XML|LZ4|ICU)|built with|compression method \w+ not supported|unrecognized configuration parameter/,
    (_, __, failure) => unknown(failure.message, SERVER),
  ],
];

/** Contradictory data is wrong on every version, and with most locales. */
const CONTRADICTION = /duplicate key|could not create unique index|is duplicated|violates foreign key/;

/** A backup is bad only where the dump itself is the cause of the failure. */
export function judgeLoad(failure: ProgramError, situation: LoadSituation): LoadJudgment {
  const { needs, major, madeOtherwise } = situation;
  for (const [pattern, judge] of RULES) {
    const found = failure.find(pattern);
    if (found !== null) return judge(found, situation, failure);
  }
  if (madeOtherwise !== undefined && needs.facts !== undefined) {
    return unknown(
      `the dump did not load into a database with another locale than its own (${describeLocale(needs.facts)}; ${madeOtherwise}): ${failure.message}`,
      `Install the locale where pgbak verifies. ${SERVER}`,
    );
  }
  const own = needs.origin.serverMajor;
  if (own !== undefined && own !== major && failure.find(CONTRADICTION) === null) {
    return unknown(
      `the dump was made by PostgreSQL ${own} and did not load into PostgreSQL ${major}, which is here: ${failure.message}`,
      installServer(needs),
    );
  }
  return bad(failure);
}

function installServer(needs: ScratchNeeds): string {
  return `Install postgresql-${needs.origin.serverMajor ?? 'NN'} where pgbak verifies. ${SERVER}`;
}
