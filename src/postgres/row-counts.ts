import type { RowCounts } from '../core/backup-record.ts';
import { NOTE_PATH, selectionTables, type Exclusions } from './dump-selection.ts';

const NOTHING: Exclusions = { excludeTables: [], excludeTableData: [], excludeSchemas: [] };

/**
 * A script that counts the rows of every table of which a dump holds all rows, by way of query_to_xml (the manual,
 * "Mapping Tables to XML"): the name as pg_dump --verbose writes it, without quotes, and the count. Left out are what
 * belongs to an extension, of which a dump holds only what users added; rows that policies hide from the role; and
 * unlogged tables on a standby, where they cannot be read. Nothing else is locked.
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

/** What the script printed. */
export function parseRowCounts(rows: readonly string[][]): RowCounts {
  return Object.fromEntries(rows.map(([table = '', count]) => [table, Number(count)]));
}
