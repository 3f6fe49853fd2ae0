import { printableName } from '../core/printable.ts';
import { NOTE_PATH, selectionTables, type Exclusions } from './dump-selection.ts';
import { quoteIdentifier } from './quote.ts';
import type { Database } from './database.ts';
import { editCommand } from '../core/server-hint.ts';

/**
 * A reason why dumps of a database fail, are incomplete, or could be better. It lies in the database or in its record.
 */
export interface Concern {
  /**
   * `problem`: the dump will fail. `warning`: it holds less, or more, than the user meant. `advice`: it could be
   * better.
   */
  level: 'problem' | 'warning' | 'advice';
  message: string;
  hint: string;
}

interface DumpOutlook {
  concerns: Concern[];
  /** Partitions of tables whose rows are left out, as patterns for `--exclude-table-data`. */
  partitionsWithoutRows: string[];
  /**
   * The largest tables that are dumped with their rows, and their sizes when PostgreSQL last looked. Their sizes now would take
   * a lock on each.
   */
  tableBytes: Map<string, number>;
}

export type OutlookFields = Exclusions & { noLargeObjects: boolean; includeGlobals: boolean };

/**
 * Returns one row for each finding: its kind, and two texts that depend on the kind.
 *
 * - pattern: a pattern that matches nothing.
 * - partition: a partition of a table whose rows are left out.
 * - needs: an object in the dump that depends on an object that is left out.
 * - refers: a table with a foreign key to a table whose rows are left out.
 * - large-objects: the number of large objects that the role may not read.
 * - mapping: a user mapping whose options are hidden from the role
 *   (https://www.postgresql.org/docs/current/view-pg-user-mappings.html).
 * - unlogged: an unlogged table, which a standby cannot read.
 * - size: a table, and its pages with those of its TOAST table, in bytes.
 * - passwords: the dump would include roles, but the role may not read their passwords.
 */
function outlookQuery({ noLargeObjects, includeGlobals, ...exclusions }: OutlookFields): string {
  const isRegclass = (name: string) => `'pg_catalog.${name}'::pg_catalog.regclass`;
  return `${NOTE_PATH} with ${selectionTables(exclusions)},
  me as (select oid, rolsuper from pg_catalog.pg_roles where rolname = current_user),
  lost(classid, oid, what) as (
    select ${isRegclass('pg_class')}, l.oid, r.schema || '.' || r.name from left_out l join rel r on r.oid = l.oid
    union all select ${isRegclass('pg_type')}, c.reltype, r.schema || '.' || r.name
      from left_out l join rel r on r.oid = l.oid join pg_catalog.pg_class c on c.oid = l.oid
    union all select ${isRegclass('pg_type')}, t.oid, n.nspname || '.' || t.typname from pg_catalog.pg_type t
      join left_schema s on s.oid = t.typnamespace join pg_catalog.pg_namespace n on n.oid = s.oid
    union all select ${isRegclass('pg_proc')}, p.oid, n.nspname || '.' || p.proname from pg_catalog.pg_proc p
      join left_schema s on s.oid = p.pronamespace join pg_catalog.pg_namespace n on n.oid = s.oid),
  needs as (
    select distinct coalesce(case when d.classid = ${isRegclass('pg_class')} then d.objid end, w.ev_class,
        nullif(k.conrelid, 0), a.adrelid, o.polrelid, t.tgrelid) as oid, l.what
    from lost l join pg_catalog.pg_depend d on d.refclassid = l.classid and d.refobjid = l.oid
      left join pg_catalog.pg_rewrite w on d.classid = ${isRegclass('pg_rewrite')} and w.oid = d.objid
      left join pg_catalog.pg_constraint k on d.classid = ${isRegclass('pg_constraint')} and k.oid = d.objid
      left join pg_catalog.pg_attrdef a on d.classid = ${isRegclass('pg_attrdef')} and a.oid = d.objid
      left join pg_catalog.pg_policy o on d.classid = ${isRegclass('pg_policy')} and o.oid = d.objid
      left join pg_catalog.pg_trigger t on d.classid = ${isRegclass('pg_trigger')} and t.oid = d.objid)
  select 'pattern', p.kind, p.text from pattern p where p.kind <> 'none'
    and not exists (select from hit h where h.kind = p.kind and h.text = p.text)
  union all select 'partition', r.schema, r.name from no_rows o join rel r on r.oid = o.oid
    where not exists (select from hit h where h.kind = 'rows' and h.oid = o.oid)
  union all select 'needs', r.schema || '.' || r.name, n.what from needs n join rel r on r.oid = n.oid
    where n.oid not in (select oid from left_out)
  union all select 'needs', n.nspname || '.' || p.proname, l.what from lost l
    join pg_catalog.pg_depend d on d.refclassid = l.classid and d.refobjid = l.oid and d.classid = ${isRegclass('pg_proc')}
    join pg_catalog.pg_proc p on p.oid = d.objid join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where p.pronamespace not in (select oid from left_schema)
  union all select 'needs', 'extension ' || e.extname, 'schema ' || n.nspname from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where n.oid in (select oid from left_schema)
  union all select distinct 'refers', r.schema || '.' || r.name, f.schema || '.' || f.name
    from pg_catalog.pg_constraint k join rel r on r.oid = k.conrelid join rel f on f.oid = k.confrelid
    where k.contype = 'f' and k.confrelid in (select oid from no_rows)
      and k.conrelid not in (select oid from no_rows union all select oid from left_out)
  union all select 'large-objects', lo.n::pg_catalog.text, ''
    from (select pg_catalog.count(*) as n from pg_catalog.pg_largeobject_metadata m, me
      where not me.rolsuper and pg_catalog.current_setting('lo_compat_privileges') <> 'on'
        and not pg_catalog.pg_has_role(m.lomowner, 'usage')
        and not exists (select from pg_catalog.aclexplode(m.lomacl) a where a.privilege_type = 'SELECT'
          and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage')))) lo
    where lo.n > 0 and not ${noLargeObjects}
  union all select 'mapping', m.usename, m.srvname
    from pg_catalog.pg_user_mappings m join pg_catalog.pg_foreign_server s on s.oid = m.srvid, me
    where m.umoptions is null and not me.rolsuper and not (
      case when m.umuser = 0 then pg_catalog.pg_has_role(s.srvowner, 'usage')
        else m.umuser = me.oid and (pg_catalog.pg_has_role(s.srvowner, 'usage') or pg_catalog.has_server_privilege(s.oid, 'usage')) end)
  union all select 'unlogged', r.schema || '.' || r.name, '' from rel r
    where r.kind = 'r' and r.persistence = 'u' and pg_catalog.pg_is_in_recovery() and r.oid not in (select oid from left_out)
  union all (select 'size', r.schema || '.' || r.name, (bytes.n * pg_catalog.current_setting('block_size')::bigint)::pg_catalog.text
    from rel r join pg_catalog.pg_class c on c.oid = r.oid left join pg_catalog.pg_class t on t.oid = c.reltoastrelid,
      lateral (values (c.relpages::bigint + coalesce(t.relpages, 0))) bytes(n)
    where r.kind = 'r' and bytes.n > 0 and r.oid not in (select oid from left_out) and r.oid not in (select oid from no_rows)
    order by bytes.n desc limit ${MOST_SIZES})
  union all select 'passwords', '', ''
    where ${includeGlobals} and not pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'select')
  order by 1, 2, 3`;
}

/** Smaller tables hardly count. */
const MOST_SIZES = 500;

/** Predicts what a dump with these exclusions will hold. */
export async function findOutlook(database: Database, fields: OutlookFields): Promise<DumpOutlook> {
  const rows = await database.ask(outlookQuery(fields));
  const of = (kind: string) => rows.filter(([first]) => first === kind).map(([, a = '', b = '']) => [a, b] as const);
  return {
    concerns: [
      ...of('pattern').map(([kind, text]) => deadPattern(kind, text)),
      ...gathered(of('needs'), needsConcern),
      ...gathered(of('refers'), refersConcern),
      ...of('large-objects').map(([count]) => largeObjectsConcern(count)),
      ...gathered(of('mapping'), mappingConcern),
      ...gathered(of('unlogged'), unloggedConcern),
      ...of('passwords').map(() => NO_PASSWORDS),
    ],
    partitionsWithoutRows: of('partition').map(
      ([schema, name]) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    ),
    tableBytes: new Map(of('size').map(([table, bytes]) => [table, Number(bytes)])),
  };
}

type Pair = readonly [string, string];

const MOST_NAMES = 5;

/** Makes one concern of all rows of a kind. Its message names the first `MOST_NAMES` of them. */
function gathered(pairs: readonly Pair[], concern: (names: string, pairs: readonly Pair[]) => Concern): Concern[] {
  if (pairs.length === 0) return [];
  const names = pairs.slice(0, MOST_NAMES).map(([a, b]) => printableName(b === '' ? a : `${a} (${b})`));
  const more = pairs.length > MOST_NAMES ? ` and ${pairs.length - MOST_NAMES} more` : '';
  return [concern(names.join(', ') + more, pairs)];
}

const FLAGS: Readonly<Record<string, string>> = {
  table: '--exclude-table',
  rows: '--exclude-table-data',
  schema: '--exclude-schema',
};

function deadPattern(kind: string, text: string): Concern {
  return {
    level: 'warning',
    message: `${FLAGS[kind] ?? kind} ${text} matches nothing, so it leaves nothing out`,
    hint: `Put a name with capital letters in double quotes ('"Orders"'), and the schema before a table outside the search path (audit.log). To remove all patterns: ${editCommand(`${FLAGS[kind] ?? ''} ""`)}`,
  };
}

function needsConcern(names: string): Concern {
  return {
    level: 'warning',
    message: `the dump cannot be restored as it is: some of its objects need objects that are left out: ${names}`,
    hint: `Leave out both or neither. Or leave out only the rows: ${editCommand('--exclude-table-data public.audit')}`,
  };
}

function refersConcern(names: string): Concern {
  return {
    level: 'warning',
    message: `a restore may fail, because dumped rows may have foreign keys to rows that are left out: ${names}`,
    hint: 'Leave out the rows of both tables or of neither.',
  };
}

function largeObjectsConcern(count: string): Concern {
  return {
    level: 'problem',
    message: `the role cannot read ${count} large objects of other owners, and the dump would fail`,
    hint: `pg_read_all_data does not cover large objects. Dump as their owner or as a superuser, let a superuser set lo_compat_privileges (ALTER ROLE ... SET lo_compat_privileges = on), or leave them all out: ${editCommand('--no-large-objects')}`,
  };
}

/** On managed services no role can read them. A warning at each backup would be noise. */
const NO_PASSWORDS: Concern = {
  level: 'advice',
  message: 'the role cannot read the passwords of roles (pg_authid), so --include-globals leaves them out',
  hint: 'Roles that pgbak restore --globals creates cannot log in until they get a password. Dump as a superuser, or keep the passwords elsewhere.',
};

function mappingConcern(names: string): Concern {
  return {
    level: 'warning',
    message: `the role cannot read the options (mostly a password) of user mappings, so the dump leaves them out: ${names}`,
    hint: 'Dump as a superuser or the owner of the foreign server, or keep these options elsewhere.',
  };
}

function unloggedConcern(names: string): Concern {
  return {
    level: 'warning',
    message: `the rows of unlogged tables are not on a standby, so they are neither dumped nor counted: ${names}`,
    hint: 'Back up the primary if they are needed.',
  };
}
