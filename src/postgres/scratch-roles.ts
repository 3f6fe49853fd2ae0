import { randomBytes } from 'node:crypto';
import type { RoleFacts } from '../core/database-facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

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
