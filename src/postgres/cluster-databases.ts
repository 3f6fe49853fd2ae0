import { ConfigError, ProgramError } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';
import type { Database } from './database.ts';
import { parseNamePattern } from './dump-selection.ts';
import { quoteLiteral } from './quote.ts';

/** A database that a backup of the whole cluster should hold. */
export interface FoundDatabase {
  name: string;
  /** Why it cannot be dumped; undefined where nothing is known to be in the way. */
  obstacle?: ProgramError;
}

export interface FoundDatabases {
  databases: FoundDatabase[];
  /** Databases that take no connections, so that no program can dump them. */
  closed: string[];
  /** Databases that the patterns leave out. */
  leftOut: string[];
  /** Patterns that match nothing. */
  idle: string[];
}

export interface DatabasePatterns {
  includeDatabases: readonly string[];
  excludeDatabases: readonly string[];
}

/** The expression that a database's name must match. A dot would end the name of a schema, and databases have none. */
function expressionOf(pattern: string): string {
  const { schema, name } = parseNamePattern(pattern);
  if (schema === undefined) return name;
  throw new ConfigError(
    `the pattern ${printableName(pattern)} has a dot: it would mean a schema, and a database is in none`,
    `Put the name into quotes: --include-database '"${pattern.replaceAll('"', '')}"'`,
  );
}

/** The pattern that matches one database only: names with other characters need double quotes. */
export function patternOf(database: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(database) ? database : `"${database.replaceAll('"', '""')}"`;
}

/** Whether a pattern can be used at all; throws a `ConfigError` for one that cannot. */
export function checkDatabasePatterns(patterns: readonly string[]): readonly string[] {
  patterns.forEach((pattern) => expressionOf(pattern));
  return patterns;
}

/**
 * The databases of a cluster, but for templates, as patterns choose them: `includeDatabases`, or all where there is none, without
 * `excludeDatabases`. Patterns are those of pg_dumpall (https://www.postgresql.org/docs/current/app-pg-dumpall.html,
 * --exclude-database).
 */
export async function findDatabases(
  database: Database,
  { includeDatabases, excludeDatabases }: DatabasePatterns,
): Promise<FoundDatabases> {
  const patterns = [...includeDatabases, ...excludeDatabases];
  const matches = patterns.map(
    (pattern) => `datname::pg_catalog.text ~ ${quoteLiteral(expressionOf(pattern))} collate pg_catalog."default"`,
  );
  const rows = await database.ask(`select datname, datallowconn, pg_catalog.has_database_privilege(oid, 'CONNECT'),
    pg_catalog.quote_ident(datname), pg_catalog.quote_ident(current_user)${matches.map((match) => `, ${match}`).join('')}
    from pg_catalog.pg_database where not datistemplate order by datname`);
  const found: FoundDatabases = { databases: [], closed: [], leftOut: [], idle: [] };
  const used = new Set<number>();
  for (const [name = '', allows, mayConnect, quoted, role, ...matching] of rows) {
    const hits = matching.map((match) => match === 't');
    hits.forEach((hit, index) => void (hit && used.add(index)));
    const isIncluded = includeDatabases.length === 0 || hits.slice(0, includeDatabases.length).includes(true);
    if (!isIncluded || hits.slice(includeDatabases.length).includes(true)) found.leftOut.push(name);
    else if (allows !== 't') found.closed.push(name);
    else if (mayConnect === 't') found.databases.push({ name });
    else {
      const obstacle = new ProgramError(
        `the role ${role} may not connect to the database ${printableName(name)}`,
        `As its owner or a superuser: GRANT CONNECT ON DATABASE ${quoted} TO ${role}`,
      );
      found.databases.push({ name, obstacle });
    }
  }
  found.idle = patterns.filter((_pattern, index) => !used.has(index));
  return found;
}

/** Whether a cluster has a database of that name. */
export async function hasDatabase(database: Database, name: string): Promise<boolean> {
  const query = `select 1 from pg_catalog.pg_database where datname = ${quoteLiteral(name)}`;
  return (await database.ask(query)).length > 0;
}

/** What is to be said of a database that takes no connections, so that no program can dump it. */
export function closedText(database: string): string {
  return `the database ${printableName(database)} takes no connections (datallowconn is false), so it is not backed up`;
}

/** What is to be said of a pattern that matches nothing. */
export function idleText(pattern: string): string {
  return `the pattern ${printableName(pattern)} matches no database of the cluster`;
}

export const NOTHING_FOUND = 'the cluster has no database that is to be backed up';
