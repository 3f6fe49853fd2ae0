import type { RowCounts } from '../core/backup-record.ts';
import { quoteLiteral } from './quote.ts';

/** Schemas, tables and rows that a dump leaves out, as pg_dump's patterns. */
export interface Exclusions {
  excludeTables: readonly string[];
  excludeTableData: readonly string[];
  excludeSchemas: readonly string[];
}

/**
 * Stores the schemas of the role's own search path in a setting of the transaction: in pg_dump, a pattern without a
 * schema matches only tables that this path shows. The path itself is set only for a moment, and all names used in it
 * are qualified.
 */
export const NOTE_PATH = `
select pg_catalog.set_config('search_path',
  (select reset_val from pg_catalog.pg_settings where name = 'search_path'), true) \\g /dev/null
select pg_catalog.set_config('pgbak.path',
  pg_catalog.array_to_json(pg_catalog.current_schemas(true))::pg_catalog.text, true) \\g /dev/null
select pg_catalog.set_config('search_path', '', true) \\g /dev/null
`;

/**
 * The `with` tables that tell what a dump holds and leaves out. `NOTE_PATH` must run before them.
 *
 * - `rel`: every relation that a pattern can match.
 * - `pattern`: the patterns.
 * - `hit`: which pattern matches which relation.
 * - `left_out`: relations that are not in the dump at all.
 * - `no_rows`: relations without rows in the dump. The rows of a partitioned table are those of its partitions.
 */
export function selectionTables(exclusions: Exclusions): string {
  return `
  path(schema, nr) as (
    select s.schema, s.nr from pg_catalog.json_array_elements_text(pg_catalog.current_setting('pgbak.path')::pg_catalog.json)
      with ordinality s(schema, nr)),
  rel as (
    select c.oid, c.relkind as kind, c.relpersistence as persistence, c.relrowsecurity, n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name,
      c.relnamespace, c.oid = (select c2.oid from path p join pg_catalog.pg_namespace n2 on n2.nspname = p.schema
        join pg_catalog.pg_class c2 on c2.relnamespace = n2.oid where c2.relname = c.relname order by p.nr limit 1) as is_visible
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'S', 'v', 'm', 'f', 'p') and c.relpersistence <> 't'
      and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'),
  pattern(kind, text, schema, name) as (values ${patternRows(exclusions)}),
  left_schema as (
    select distinct n.oid, p.text from pattern p join pg_catalog.pg_namespace n on n.nspname ~ p.name where p.kind = 'schema'),
  hit as (
    select p.kind, p.text, r.oid from pattern p join rel r on r.name ~ p.name
      and (case when p.schema is null then r.is_visible else r.schema ~ p.schema end) where p.kind in ('table', 'rows')
    union all select 'schema', p.text, null from left_schema p),
  left_out as (
    select oid from hit where kind = 'table' union select r.oid from rel r join left_schema s on s.oid = r.relnamespace),
  no_rows as (
    with recursive family as (
      select oid from hit where kind = 'rows'
      union select i.inhrelid from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid
        join pg_catalog.pg_class parent on parent.oid = f.oid and parent.relkind = 'p')
    select oid from family)`;
}

function patternRows({ excludeTables, excludeTableData, excludeSchemas }: Exclusions): string {
  const row = (kind: string, text: string) => {
    const { schema, name } = parseNamePattern(text);
    return `('${kind}',${quoteLiteral(text)},${schema === undefined ? ' null::pg_catalog.text' : quoteLiteral(schema)},${quoteLiteral(name)})`;
  };
  return [
    // VALUES needs a row even without patterns. This one matches nothing.
    "('none', '', null::pg_catalog.text, '')",
    ...excludeTables.map((text) => row('table', text)),
    ...excludeTableData.map((text) => row('rows', text)),
    ...excludeSchemas.map((text) => row('schema', text)),
  ].join(', ');
}

/** A name pattern of psql and pg_dump, as regular expressions of PostgreSQL. */
interface NamePattern {
  /** Undefined where the pattern names no schema. It then matches only tables that the search path shows. */
  schema: string | undefined;
  name: string;
}

/**
 * Translates a pattern as the client programs do
 * (https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-PATTERNS; patternToSQLRegex in PostgreSQL's source).
 * Letters outside quotes become lower case. `*` stands for any letters, `?` for one. A dot ends the name of the schema.
 */
export function parseNamePattern(pattern: string): NamePattern {
  const parts = [''];
  const add = (text: string) => (parts[parts.length - 1] = (parts.at(-1) ?? '') + text);
  let isQuoted = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern.charAt(at);
    if (letter === '"') {
      const isDouble = isQuoted && pattern.charAt(at + 1) === '"';
      if (isDouble) add('"');
      else isQuoted = !isQuoted;
      if (isDouble) at += 1;
    } else if (isQuoted) add(/[|*+?()[\]{}.^$\\]/.test(letter) ? `\\${letter}` : letter);
    else if (letter === '*') add('.*');
    else if (letter === '?') add('.');
    else if (letter === '.') parts.push('');
    else if (letter === '$') add(String.raw`\$`);
    else if (letter === '[' && pattern.charAt(at + 1) === ']') {
      add(String.raw`\[\]`);
      at += 1;
    } else add(letter.toLowerCase());
  }
  const [name = '', schema] = parts.toReversed();
  return { schema: schema === undefined ? undefined : anchored(schema), name: anchored(name) };
}

function anchored(expression: string): string {
  return `^(${expression})$`;
}

const NOTHING: Exclusions = { excludeTables: [], excludeTableData: [], excludeSchemas: [] };

/**
 * A script that counts the rows of each table that a dump holds whole. It prints the table's name as pg_dump --verbose
 * writes it, without quotes, and the count. query_to_xml runs one query for each table (the manual, "Mapping Tables to
 * XML").
 *
 * Not counted, and not locked, are: tables of extensions, because a dump holds only the rows that users added to them;
 * tables whose rows policies hide from the role; and unlogged tables on a standby, which cannot be read.
 */
export function countRowsScript(exclusions: Exclusions = NOTHING): string {
  return `${NOTE_PATH} with ${selectionTables(exclusions)}
  select r.schema || '.' || r.name, pg_catalog.substring(pg_catalog.query_to_xml(
    pg_catalog.format('select pg_catalog.count(*) as n from only %I.%I', r.schema, r.name),
    false, true, '')::pg_catalog.text, '<n>([0-9]+)</n>')
  from rel r
  where r.kind = 'r' and pg_catalog.has_schema_privilege(r.relnamespace, 'usage')
    and pg_catalog.has_table_privilege(r.oid, 'select') and not pg_catalog.row_security_active(r.oid)
    and not (r.persistence = 'u' and pg_catalog.pg_is_in_recovery())
    and r.oid not in (select oid from left_out) and r.oid not in (select oid from no_rows)
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.objid = r.oid and d.deptype = 'e')`;
}

/** Reads the row counts that the script printed. */
export function parseRowCounts(rows: readonly string[][]): RowCounts {
  return Object.fromEntries(rows.map(([table = '', count]) => [table, Number(count)]));
}
