import { randomBytes } from 'node:crypto';
import type { DatabaseFacts, RoleFacts } from '../../core/database-facts.ts';
import { type DumpOrigin, notedOrigin } from '../../postgres/dump-toc/dump-origin.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';

/** What a throwaway server needs to load a dump, as known from the backup's record and from earlier tries. */
export interface ScratchNeeds {
  /** How the database was created; undefined where the record does not say. */
  facts: DatabaseFacts | undefined;
  /** The major versions of the dumped server and of pg_dump, as far as they are known. */
  origin: Partial<DumpOrigin>;
  /** The dump's encoding; undefined where the record does not say. */
  encoding: string | undefined;
  roles: readonly RoleFacts[];
  tablespaces: readonly string[];
  /** Libraries that must be loaded when the server starts. */
  preload: readonly string[];
  /** How many objects one transaction locks. */
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
    // A role without facts may have owned objects that only a superuser may own.
    roles: [...known, ...roles.filter((name) => !names.has(name)).map((name) => ({ name, isSuperuser: true }))],
    tablespaces: [
      ...new Set([...(facts?.tablespaces ?? []), ...(facts?.tablespace === undefined ? [] : [facts.tablespace])]),
    ],
    preload: [],
    lockedObjects: Math.max(USUAL_LOCKS, 2 * (facts?.lockedObjects ?? 0)),
  };
}

/**
 * One statement that creates the roles that a dump names on a server of pgbak's own. It gives them only what decides
 * whether the dump loads: SUPERUSER, BYPASSRLS and memberships. Existing roles stay, and several runs may do this at
 * once.
 */
export function rolesStatement(roles: readonly RoleFacts[]): string {
  const made = roles
    // Names with pg_ are reserved for PostgreSQL's own roles.
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
