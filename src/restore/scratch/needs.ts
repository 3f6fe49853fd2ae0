import { randomBytes } from 'node:crypto';
import type { DatabaseFacts, RoleFacts } from '../../core/database-facts.ts';
import { type DumpOrigin, notedOrigin } from '../../postgres/dump-toc/dump-origin.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';

/** What a throwaway server needs to load a dump, as known from its backup and from earlier tries. */
export interface ScratchNeeds {
  /** How the database was made, where that was noted. */
  facts: DatabaseFacts | undefined;
  /** The major versions of the server that was dumped and of the pg_dump, as far as they are known. */
  origin: Partial<DumpOrigin>;
  /** Of the dump; undefined where it was not noted. */
  encoding: string | undefined;
  roles: readonly RoleFacts[];
  tablespaces: readonly string[];
  /** Libraries that have to be there when the server starts. */
  preload: readonly string[];
  /** Objects that one transaction locks. */
  lockedObjects: number;
}

const USUAL_LOCKS = 32_768;

export function needsOf(
  facts: DatabaseFacts | undefined,
  encoding: string | undefined,
  roles: readonly string[] = [],
): ScratchNeeds {
  const known = facts?.roles ?? [];
  const names = new Set(known.map(({ name }) => name));
  return {
    facts,
    origin: notedOrigin(facts),
    encoding: facts?.encoding ?? encoding,
    // A role without facts may have owned what only a superuser may own.
    roles: [...known, ...roles.filter((name) => !names.has(name)).map((name) => ({ name, isSuperuser: true }))],
    tablespaces: [
      ...new Set([...(facts?.tablespaces ?? []), ...(facts?.tablespace === undefined ? [] : [facts.tablespace])]),
    ],
    preload: [],
    lockedObjects: Math.max(USUAL_LOCKS, 2 * (facts?.lockedObjects ?? 0)),
  };
}

/**
 * One statement that gives a server of pgbak's own the roles that a dump names, with what decides whether the dump loads:
 * who is a superuser, who is a member of whom. What is there already stays; several may do so at once.
 */
export function rolesStatement(roles: readonly RoleFacts[]): string {
  const made = roles
    // Such names are PostgreSQL's own.
    .filter(({ name }) => !name.startsWith('pg_'))
    .flatMap(({ name, isSuperuser, bypassesRls }) => [
      tryIt(`create role ${quoteIdentifier(name)}`),
      ...(isSuperuser === true ? [tryIt(`alter role ${quoteIdentifier(name)} superuser`)] : []),
      ...(bypassesRls === true ? [tryIt(`alter role ${quoteIdentifier(name)} bypassrls`)] : []),
    ]);
  const memberships = roles.flatMap(({ name, memberOf = [] }) =>
    memberOf.map((group) => tryIt(`grant ${quoteIdentifier(group)} to ${quoteIdentifier(name)}`)),
  );
  const tag = `$r${randomBytes(8).toString('hex')}$`;
  return `do ${tag} begin ${[...made, ...memberships].join('\n')} end ${tag}`;
}

function tryIt(statement: string): string {
  return `begin execute ${quoteLiteral(statement)}; exception when others then null; end;`;
}
