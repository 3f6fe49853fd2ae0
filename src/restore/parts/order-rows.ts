import { nameOf, type TocEntry } from '../../postgres/dump-toc/read-toc.ts';

/** The names of two tables, of which the first refers to the second. */
export type ForeignKey = readonly [from: string, to: string];

/** The foreign keys of a database, as rows of a query: schema and name of the one table and of the other. */
export const FOREIGN_KEYS = `select pg_catalog.json_build_array(n.nspname || '.' || c.relname, m.nspname || '.' || d.relname)
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class d on d.oid = k.confrelid join pg_catalog.pg_namespace m on m.oid = d.relnamespace
  where k.contype = 'f' and k.conrelid <> k.confrelid`;

/**
 * Brings rows into an order in which no foreign key is ahead of what it refers to, since constraints are in force where
 * rows go into tables that are there. `circles` are tables for which no such order exists.
 */
export function orderRows(
  data: readonly TocEntry[],
  keys: readonly ForeignKey[],
): { ordered: TocEntry[]; isReordered: boolean; circles: TocEntry[] } {
  const rowsOf = new Map(
    data.flatMap((entry) => (entry.kind === 'TABLE DATA' ? [[nameOf(entry), entry] as const] : [])),
  );
  const refersTo = new Map<TocEntry, TocEntry[]>();
  for (const [from, to] of keys) {
    const [rows, wanted] = [rowsOf.get(from), rowsOf.get(to)];
    if (rows !== undefined && wanted !== undefined) refersTo.set(rows, [...(refersTo.get(rows) ?? []), wanted]);
  }
  const ordered = new Set<TocEntry>();
  const circles = new Set<TocEntry>();
  const visiting: TocEntry[] = [];
  const visit = (entry: TocEntry) => {
    if (ordered.has(entry)) return;
    const since = visiting.indexOf(entry);
    if (since !== -1) {
      for (const one of visiting.slice(since)) circles.add(one);
      return;
    }
    visiting.push(entry);
    for (const other of refersTo.get(entry) ?? []) visit(other);
    visiting.pop();
    ordered.add(entry);
  };
  for (const entry of data) visit(entry);
  const result = [...ordered];
  return { ordered: result, isReordered: result.some((entry, at) => entry !== data[at]), circles: [...circles] };
}
