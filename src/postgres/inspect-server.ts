import { isUtf8 } from 'node:buffer';
import { type DatabaseFacts, parseDatabaseFacts } from '../core/database-facts.ts';
import { ProgramError } from '../core/errors.ts';
import { parseServerVersion, type Version } from './client-programs.ts';
import type { Database } from './database.ts';

/** Ids of objects that users create begin here (src/include/access/transam.h, FirstNormalObjectId). */
const FIRST_OWN = 16_384;

/** Every kind of object that a dump gives an owner: its catalogue, and the column of the owner there. */
const OWNED = Object.entries({
  pg_class: 'relowner',
  pg_collation: 'collowner',
  pg_conversion: 'conowner',
  pg_event_trigger: 'evtowner',
  pg_foreign_data_wrapper: 'fdwowner',
  pg_foreign_server: 'srvowner',
  pg_language: 'lanowner',
  pg_largeobject_metadata: 'lomowner',
  pg_namespace: 'nspowner',
  pg_opclass: 'opcowner',
  pg_operator: 'oprowner',
  pg_opfamily: 'opfowner',
  pg_proc: 'proowner',
  pg_publication: 'pubowner',
  pg_statistic_ext: 'stxowner',
  pg_ts_config: 'cfgowner',
  pg_ts_dict: 'dictowner',
  pg_type: 'typowner',
});

/** Every kind of object that a dump grants privileges on: its catalogue, and the column of the privileges there. */
const GRANTED = Object.entries({
  pg_class: 'relacl',
  pg_foreign_data_wrapper: 'fdwacl',
  pg_foreign_server: 'srvacl',
  pg_language: 'lanacl',
  pg_largeobject_metadata: 'lomacl',
  pg_namespace: 'nspacl',
  pg_proc: 'proacl',
  pg_type: 'typacl',
});

/** Settings of a server that decide how values are read, and that a dump does not set. */
const SESSION = ['lc_monetary', 'lc_numeric', 'lc_time', 'TimeZone', 'DateStyle', 'IntervalStyle'];

const owners = OWNED.map(
  ([table, owner]) =>
    `select 'pg_catalog.${table}'::pg_catalog.regclass::pg_catalog.oid, oid, ${owner} from pg_catalog.${table}`,
).join(' union all ');

const acls = [
  ...GRANTED.map(
    ([table, acl]) =>
      `select 'pg_catalog.${table}'::pg_catalog.regclass::pg_catalog.oid, oid, 0, ${acl} from pg_catalog.${table} where ${acl} is not null`,
  ),
  `select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, attrelid, attnum::int, attacl from pg_catalog.pg_attribute
    where attacl is not null`,
].join(' union all ');

/**
 * The `with` tables for the facts of the connected database. Columns that PostgreSQL 13 to 18 share go by name; columns
 * that only some versions have are taken from the row as JSON.
 *
 * `named`: the roles that a dump names. PostgreSQL records a dependency on every role except those that initdb created.
 * Those are looked for among owners and privileges.
 */
const FACTS_TABLES = `
  recursive db as (select d.*, pg_catalog.to_jsonb(d) as j from pg_catalog.pg_database d
    where d.datname = pg_catalog.current_database()),
  member_of_extension(classid, objid) as (select classid, objid from pg_catalog.pg_depend where deptype = 'e'),
  owned(classid, objid, role) as (${owners}),
  granted(classid, objid, subid, acl) as (${acls}),
  named(oid) as (
    select s.refobjid from pg_catalog.pg_shdepend s
      where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and s.dbid = (select oid from db)
        and not (s.deptype = 'o' and (s.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass
          or exists (select from member_of_extension e where e.classid = s.classid and e.objid = s.objid)))
    union select o.role from owned o where o.role < ${FIRST_OWN} and o.objid >= ${FIRST_OWN}
      and not exists (select from member_of_extension e where e.classid = o.classid and e.objid = o.objid)
    union select r.oid from granted g, pg_catalog.aclexplode(g.acl) a,
        lateral (values (a.grantee), (a.grantor)) r(oid)
      where g.objid >= ${FIRST_OWN} and r.oid between 1 and ${FIRST_OWN - 1}
        and g.acl is distinct from (select i.initprivs from pg_catalog.pg_init_privs i
          where i.classoid = g.classid and i.objoid = g.objid and i.objsubid = g.subid)
    union select r.oid from pg_catalog.pg_default_acl f, pg_catalog.aclexplode(f.defaclacl) a,
        lateral (values (f.defaclrole), (a.grantee), (a.grantor)) r(oid) where r.oid between 1 and ${FIRST_OWN - 1}
    union select u.umuser from pg_catalog.pg_user_mappings u where u.umuser between 1 and ${FIRST_OWN - 1}
    union select r.oid from pg_catalog.pg_policy p, pg_catalog.unnest(p.polroles) r(oid)
      where r.oid between 1 and ${FIRST_OWN - 1}
    union select s.subowner from pg_catalog.pg_subscription s where s.subdbid = (select oid from db)
      and s.subowner < ${FIRST_OWN}),
  closure(oid) as (select oid from named
    union select m.roleid from pg_catalog.pg_auth_members m join closure c on m.member = c.oid)`;

/** The roles that a dump names, as a JSON array. */
const NAMED_ROLES = `(select coalesce(pg_catalog.jsonb_agg(r.rolname order by r.rolname), '[]')
  from pg_catalog.pg_roles r where r.oid in (select oid from named))`;

/** The facts as a JSON object in the form of `DatabaseFacts`. */
const DATABASE_FACTS = `(select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'encoding', pg_catalog.pg_encoding_to_char(db.encoding),
    'provider', case db.j ->> 'datlocprovider' when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
    'collate', db.datcollate, 'ctype', db.datctype,
    'locale', coalesce(db.j ->> 'datlocale', db.j ->> 'daticulocale'),
    'icuRules', db.j ->> 'daticurules', 'collationVersion', db.j ->> 'datcollversion',
    'serverVersion', pg_catalog.current_setting('server_version_num')::int,
    'owner', pg_catalog.pg_get_userbyid(db.datdba),
    'comment', pg_catalog.shobj_description(db.oid, 'pg_database'),
    'connectionLimit', nullif(db.datconnlimit, -1),
    'isTemplate', nullif(db.datistemplate, false),
    'refusesConnections', nullif(not db.datallowconn, false),
    'tablespace', (select nullif(t.spcname, 'pg_default') from pg_catalog.pg_tablespace t where t.oid = db.dattablespace),
    'tablespaces', (select pg_catalog.jsonb_agg(distinct t.spcname) from pg_catalog.pg_class c
      join pg_catalog.pg_tablespace t on t.oid = c.reltablespace where t.spcname not in ('pg_default', 'pg_global')),
    'privileges', case when db.datacl is not null then coalesce((select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'grantee', case a.grantee when 0 then null else pg_catalog.pg_get_userbyid(a.grantee) end,
        'privilege', a.privilege_type, 'isGrantable', nullif(a.is_grantable, false)))
      from pg_catalog.aclexplode(db.datacl) a), '[]') end,
    'settings', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'role', case s.setrole when 0 then null else pg_catalog.pg_get_userbyid(s.setrole) end,
        'name', pg_catalog.split_part(c, '=', 1), 'value', pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1))
        order by s.setrole, c)
      from pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c where s.setdatabase = db.oid),
    'labels', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('provider', l.provider, 'label', l.label))
      from pg_catalog.pg_shseclabel l
      where l.objoid = db.oid and l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass),
    'extensions', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', e.extname, 'version', e.extversion)
        order by e.extname) from pg_catalog.pg_extension e where e.extname <> 'plpgsql'),
    'roles', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', r.rolname,
        'isSuperuser', nullif(r.rolsuper, false), 'bypassesRls', nullif(r.rolbypassrls, false),
        'memberOf', (select pg_catalog.jsonb_agg(pg_catalog.pg_get_userbyid(m.roleid) order by m.roleid)
          from pg_catalog.pg_auth_members m where m.member = r.oid)) order by r.rolname)
      from pg_catalog.pg_roles r where r.oid in (select oid from closure)),
    'session', pg_catalog.jsonb_build_object(${SESSION.map((name) => `'${name}', pg_catalog.current_setting('${name}')`).join(', ')}),
    'lockedObjects', pg_catalog.power(2, pg_catalog.ceil(pg_catalog.log(2, 1
      + (select pg_catalog.count(*) from pg_catalog.pg_class where oid >= ${FIRST_OWN})
      + (select pg_catalog.count(*) from pg_catalog.pg_proc where oid >= ${FIRST_OWN})
      + (select pg_catalog.count(*) from pg_catalog.pg_type where oid >= ${FIRST_OWN} and typrelid = 0 and typelem = 0)
      + (select pg_catalog.count(*) from pg_catalog.pg_operator where oid >= ${FIRST_OWN})
      + (select pg_catalog.count(*) from pg_catalog.pg_largeobject_metadata))))::bigint)) from db)`;

export interface ServerFacts {
  version: Version;
  database: string;
  databaseSizeBytes: number;
  /** Tables with rows of their own, including partitions and tables that a dump leaves out. */
  tableCount: number;
  /** Whether it is a standby, which takes no changes. */
  isStandby: boolean;
  /** How its database was created, its settings, and what a dump of it needs. */
  databaseFacts: DatabaseFacts;
  /** The roles that own its objects or have privileges on them, and that a dump therefore names. */
  roles: string[];
}

const QUERY = `with ${FACTS_TABLES}
  select current_setting('server_version_num'), current_setting('server_version'), current_database(),
  pg_catalog.pg_database_size(current_database()), pg_catalog.pg_is_in_recovery(),
  (select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'),
  ${NAMED_ROLES}, ${DATABASE_FACTS}`;

/**
 * Asks a server for its version and the facts of the connected database.
 *
 * @throws ProgramError that says in one sentence why there is no connection
 */
export async function inspectServer(database: Database): Promise<ServerFacts> {
  const [row = []] = await database.ask(QUERY);
  const [number = '', text = '', name = '', size = '', standby = '', tables = '', roles = '[]', json = ''] = row;
  const isLatin1 = parseDatabaseFacts(json)?.encoding === 'LATIN1';
  const named = (given: string) => (isLatin1 ? asSharedNames(given) : given);
  const databaseFacts = parseDatabaseFacts(named(json));
  if (databaseFacts === undefined)
    throw new ProgramError(`${database.connection.label} did not say how its database was made`);
  return {
    version: parseServerVersion(number, text),
    database: name,
    databaseSizeBytes: Number(size),
    tableCount: Number(tables),
    isStandby: standby === 't',
    databaseFacts,
    roles: textsIn(named(roles)),
  };
}

/**
 * All databases of a cluster share the names of roles, also those with other encodings, and each takes their bytes for its own one
 * (https://www.postgresql.org/docs/current/multibyte.html). So a database in LATIN1 shows a name that was given in UTF-8 with other
 * letters. Hardly any text in LATIN1 is UTF-8 by chance; in another encoding the letters say nothing of the bytes.
 */
function asSharedNames(text: string): string {
  return text.replaceAll(/[\u0080-\u00FF]+/g, (letters) => {
    const bytes = Buffer.from(letters, 'latin1');
    return isUtf8(bytes) ? bytes.toString('utf8') : letters;
  });
}

/** The texts of a JSON array that a query gives. */
export function textsIn(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}
