import { access, constants, readdir, realpath } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { ConfigError, PgbakError } from '../core/errors.ts';
import { runProgram } from '../system/programs.ts';

/** A version of PostgreSQL. `major` decides which version can read which. */
export interface Version {
  major: number;
  /** For people: `17.2`. */
  text: string;
}

/** Reads `pg_dump (PostgreSQL) 15.18 (Debian ...)`; undefined where the text has another form. */
export function parseClientVersion(output: string): Version | undefined {
  const text = /\(PostgreSQL\) (\d+[\w.]*)/.exec(output)?.[1];
  return text === undefined ? undefined : { major: Number.parseInt(text, 10), text };
}

/** Reads a server's `server_version_num` (170002) and `server_version` (`17.2 (Debian ...)`). */
export function parseServerVersion(number: string, text: string): Version {
  return { major: Math.floor(Number(number) / 10_000), text: text.split(' ', 1)[0] ?? text };
}

/** One installation of PostgreSQL's client programs. */
export interface ClientPrograms {
  directory: string;
  version: Version;
  pgDump: string;
  /** Absent where only pg_dump was installed. */
  psql: string | undefined;
}

export interface ClientSearch {
  /** `PGBAK_PG_BIN`: the directory to use; pgbak then does not search. */
  override: string | undefined;
  /** The directories of `PATH`. */
  searchPath: string;
  signal: AbortSignal;
}

/** Where packages install the programs of each version. A `*` stands for any part of a name. */
const USUAL_PLACES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/opt/homebrew/opt/libpq/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/usr/local/opt/libpq/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
  '/usr/local/pgsql/bin',
];

/**
 * Finds every installation of pg_dump, in the order of `PATH` and then of the usual places (Debian, Ubuntu, RHEL,
 * Homebrew, Postgres.app).
 *
 * @throws ConfigError where `PGBAK_PG_BIN` names a directory without one
 */
export async function findClientPrograms(search: ClientSearch): Promise<ClientPrograms[]> {
  if (search.override !== undefined) return [await overriddenPrograms(search.override, search.signal)];
  const onPath = search.searchPath.split(delimiter).filter((entry) => isAbsolute(entry));
  const usual = await Promise.all(USUAL_PLACES.map((pattern) => directoriesLike(pattern)));
  const candidates = await Promise.all([...onPath, ...usual.flat()].map((directory) => candidateIn(directory)));
  const seen = new Set<string>();
  const distinct = candidates.filter((candidate) => {
    // Debian's /usr/bin/pg_dump is a script that picks a version by its own rules. The real programs come later.
    if (candidate === undefined || seen.has(candidate.real) || basename(candidate.real) === 'pg_wrapper') return false;
    seen.add(candidate.real);
    return true;
  });
  const examined = distinct.map(async (one) => one && (await examine(one.directory, one.pgDump, search.signal)));
  return (await Promise.all(examined)).flatMap((programs) =>
    programs === undefined || 'failure' in programs ? [] : [programs],
  );
}

async function candidateIn(directory: string) {
  const pgDump = await executable(directory, 'pg_dump');
  return pgDump === undefined ? undefined : { directory, pgDump, real: await realpath(pgDump) };
}

async function overriddenPrograms(directory: string, signal: AbortSignal): Promise<ClientPrograms> {
  const file = await executable(directory, 'pg_dump');
  const problem = (words: string) =>
    new ConfigError(
      `PGBAK_PG_BIN is ${directory}, ${words}`,
      'Set it to a directory such as /usr/lib/postgresql/17/bin, or unset it, and pgbak searches for pg_dump.',
    );
  if (file === undefined) throw problem('where there is no pg_dump');
  const examined = await examine(directory, file, signal);
  if ('failure' in examined) throw problem(`where pg_dump does not print its version: ${examined.failure}`);
  return examined;
}

/** The client programs in a directory, or why its pg_dump cannot be used. */
async function examine(
  directory: string,
  pgDump: string,
  signal: AbortSignal,
): Promise<ClientPrograms | { failure: string }> {
  try {
    const command = { name: 'pg_dump', file: pgDump, args: ['--version'], env: { LC_ALL: 'C' } };
    const { stdout } = await runProgram(command, { signal, timeoutMs: 10_000 });
    const version = parseClientVersion(stdout);
    if (version === undefined) return { failure: 'its output is not a version' };
    return { directory, version, pgDump, psql: await executable(directory, 'psql') };
  } catch (error) {
    if (signal.aborted || !(error instanceof PgbakError)) throw error;
    return { failure: error.message };
  }
}

/** The paths of programs in a directory; undefined for each that is missing. */
export async function existingPrograms(directory: string, names: readonly string[]): Promise<(string | undefined)[]> {
  return await Promise.all(names.map((name) => executable(directory, name)));
}

async function executable(directory: string, name: string): Promise<string | undefined> {
  const file = join(directory, name);
  return await access(file, constants.X_OK).then(
    () => file,
    () => undefined,
  );
}

async function directoriesLike(pattern: string): Promise<string[]> {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => part.includes('*'));
  if (wild === -1) return [pattern];
  const parent = parts.slice(0, wild).join('/');
  const [before = '', after = ''] = parts[wild]?.split('*') ?? [];
  const entries = await readdir(parent).catch(() => []);
  return entries
    .filter((entry) => entry.startsWith(before) && entry.endsWith(after))
    .sort()
    .map((entry) => [parent, entry, ...parts.slice(wild + 1)].join('/'));
}
