import type { RowCounts } from '../config/backup-record.ts';

/**
 * One statement that counts the rows of every table that holds some itself, by way of query_to_xml (the manual, "Mapping
 * Tables to XML"): the name as pg_dump --verbose writes it, without quotes, and the count.
 */
export const COUNT_ROWS = `
  select n.nspname || '.' || c.relname, pg_catalog.substring(pg_catalog.query_to_xml(
    pg_catalog.format('select pg_catalog.count(*) as n from only %I.%I', n.nspname, c.relname),
    false, true, '')::pg_catalog.text, '<n>([0-9]+)</n>')
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and pg_catalog.has_schema_privilege(n.oid, 'usage')
    and pg_catalog.has_table_privilege(c.oid, 'select') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`;

/** What `COUNT_ROWS` printed. */
export function parseRowCounts(rows: readonly string[][]): RowCounts {
  return Object.fromEntries(rows.map(([table = '', count]) => [table, Number(count)]));
}
