import { nameOf, type TocEntry } from '../../postgres/dump-toc/read-toc.ts';

/** The names of two tables. The first refers to the second. */
export type ForeignKey = readonly [from: string, to: string];

/** A query for the foreign keys of a database: schema and name of the referring table, and of the other one. */
export const FOREIGN_KEYS = `select pg_catalog.json_build_array(n.nspname || '.' || c.relname, m.nspname || '.' || d.relname)
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class d on d.oid = k.confrelid join pg_catalog.pg_namespace m on m.oid = d.relnamespace
  where k.contype = 'f' and k.conrelid <> k.confrelid`;

/**
 * Orders rows so that a row comes after the rows that it refers to: existing tables enforce their foreign keys during
 * the load. `circles` are tables without such an order.
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
