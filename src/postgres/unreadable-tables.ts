import type { Database } from './database.ts';
import type { Exclusions } from './dump-selection.ts';

/**
 * Tables and sequences that a dump reads but the role may not, and tables whose rows row-level security hides from it
 * (https://www.postgresql.org/docs/current/functions-info.html, "Access Privilege Inquiry Functions").
 */
const QUERY = `
  select n.nspname, c.relname,
    case when c.relkind <> 'S' and pg_catalog.row_security_active(c.oid) then 'hidden' else 'denied' end
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'S') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and (
      not pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      or not (case when c.relkind = 'S' then pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
        else pg_catalog.has_table_privilege(c.oid, 'SELECT') end)
      or (c.relkind <> 'S' and pg_catalog.row_security_active(c.oid))
    )
  order by 1, 2`;

interface UnreadableTable {
  /** With its schema. */
  name: string;
  /** `denied`: no right to read it. `hidden`: row-level security hides some of its rows. */
  reason: 'denied' | 'hidden';
}

/** Tables at which a dump with these exclusions would fail. */
export async function findUnreadableTables(database: Database, exclusions: Exclusions): Promise<UnreadableTable[]> {
  const rows = await database.ask(QUERY);
  return rows.flatMap(([schema = '', table = '', reason]) =>
    isExcluded(schema, table, exclusions)
      ? []
      : [{ name: `${schema}.${table}`, reason: reason === 'hidden' ? 'hidden' : 'denied' }],
  );
}

function isExcluded(schema: string, table: string, { excludeSchemas, excludeTables }: Exclusions): boolean {
  const isMatch = (pattern: string, name: string) => asExpression(pattern).test(name);
  return (
    excludeSchemas.some((pattern) => isMatch(pattern, schema)) ||
    excludeTables.some((pattern) => isMatch(pattern, pattern.includes('.') ? `${schema}.${table}` : table))
  );
}

/** Patterns of psql in their usual forms: `*`, `?`, and quotes (the psql page of the manual, "Patterns"). */
function asExpression(pattern: string): RegExp {
  const expression = pattern
    .replaceAll('"', '')
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`);
}
