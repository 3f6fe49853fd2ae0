import { textsIn } from '../../postgres/inspect-server.ts';
import type { Database } from '../../postgres/database.ts';
import { type LeftOut, NOTHING_LEFT_OUT } from '../../postgres/plain-dump/left-out.ts';

/** What a role that restores, and is no superuser, may not do. */
interface RoleLimits {
  /** Extensions of the target that another role owns. */
  foreignExtensions: string[];
  /** Whether another role owns the schema `public`. */
  isPublicForeign: boolean;
  /** Roles in the dump that the restoring role is no member of. It can give them nothing. */
  foreignRoles: string[];
}

const UNLIMITED: RoleLimits = { foreignExtensions: [], isPublicForeign: false, foreignRoles: [] };

/**
 * Asks what the restoring role may not do. `server` is the target or, where that does not exist yet, another database
 * of its server. A superuser may do everything (https://www.postgresql.org/docs/current/ddl-priv.html).
 *
 * @param roles The roles that the dump names
 */
export async function limitsOfRole(
  roles: readonly string[],
  isNewDatabase: boolean,
  server: Database,
): Promise<RoleLimits> {
  const mode = `case when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000 then 'SET' else 'MEMBER' end`;
  const [[isSuperuser, extensions = '[]', isForeign, foreign = '[]'] = []] = await server.ask(`select
    (select rolsuper from pg_catalog.pg_roles where rolname = current_user),
    (select coalesce(pg_catalog.json_agg(extname order by extname), '[]') from pg_catalog.pg_extension
      where not pg_catalog.pg_has_role(extowner, 'USAGE')),
    ${
      // Since 15 the database's owner owns it. Before, the role of initdb did.
      isNewDatabase
        ? `pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 150000`
        : `exists (select from pg_catalog.pg_namespace
            where nspname = 'public' and not pg_catalog.pg_has_role(nspowner, 'USAGE'))`
    },
    (select coalesce(pg_catalog.json_agg(r.rolname order by r.rolname), '[]') from pg_catalog.pg_roles r
      where not pg_catalog.pg_has_role(r.oid, ${mode}))`);
  if (isSuperuser === 't') return UNLIMITED;
  return {
    // A database made from template0 has only the extension plpgsql. The role owns everything that it creates there.
    foreignExtensions: isNewDatabase ? ['plpgsql'] : textsIn(extensions),
    isPublicForeign: isForeign === 't',
    // Names are compared here, because a query may hold only names in the server's own encoding.
    foreignRoles: textsIn(foreign).filter((role) => roles.includes(role)),
  };
}

/** The parts of a dump that are left out because of these limits, or at the user's wish. */
export function leftOutFor(limits: RoleLimits, wish: { noOwner: boolean; noPrivileges: boolean }): LeftOut {
  return {
    ...NOTHING_LEFT_OUT,
    owners: wish.noOwner,
    privileges: wish.noPrivileges,
    extensions: new Set(limits.foreignExtensions),
    publicComment: limits.isPublicForeign,
  };
}

/** Notes for the plan of a restore. */
export function describeLimits(
  { foreignExtensions, isPublicForeign, foreignRoles }: RoleLimits,
  wish: { noOwner: boolean; noPrivileges: boolean; clean: boolean },
): string[] {
  const extensions = foreignExtensions.filter((name) => name !== 'plpgsql');
  const belong = extensions.length === 1 ? 'belongs' : 'belong';
  return [
    ...(extensions.length === 0
      ? []
      : [
          `${extensions.join(', ')} (extension) ${belong} to another role: ` +
            `${wish.clean ? 'not dropped, and the' : 'the'} comment in the dump is left out`,
        ]),
    ...(isPublicForeign ? ['the schema public belongs to another role: its comment in the dump is left out'] : []),
    ...(foreignRoles.length === 0 || wish.noOwner
      ? []
      : [
          `the role that restores is not a member of ${foreignRoles.join(', ')}: ` +
            'their objects are refused. Grant the membership (GRANT role TO ...), or restore with --no-owner',
        ]),
  ];
}

/** Why several jobs of pg_restore cannot load the dump: pg_restore can leave out only all comments, not some. */
export function leavesOutComments({ foreignExtensions, isPublicForeign }: RoleLimits): string | undefined {
  const isNeeded = isPublicForeign || foreignExtensions.some((name) => name !== 'plpgsql');
  return isNeeded ? 'comments on objects of another role have to be left out' : undefined;
}

/** The `roles` that a server does not have. */
export async function missingRoles(roles: readonly string[], server: Database): Promise<string[]> {
  return await without(roles, server, 'select pg_catalog.to_json(rolname) from pg_catalog.pg_roles');
}

/** The `tablespaces` that a server does not have, or that the role there may not use. */
export async function missingTablespaces(tablespaces: readonly string[], server: Database): Promise<string[]> {
  return await without(
    tablespaces,
    server,
    `select pg_catalog.to_json(spcname) from pg_catalog.pg_tablespace
      where pg_catalog.has_tablespace_privilege(oid, 'CREATE')`,
  );
}

/** Names are compared here, as JSON, because the dump may be in another encoding than the database that answers. */
async function without(names: readonly string[], server: Database, query: string): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await server.ask(query);
  const known = new Set(rows.map(([json = '""']) => String(JSON.parse(json))));
  return names.filter((name) => !known.has(name));
}
