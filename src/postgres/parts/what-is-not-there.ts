import { nameOf } from '../dump-toc/toc-entry.ts';
import type { Contents } from './belongings.ts';
import { isLargeObject } from './kinds.ts';

/** Tables whose rows the backup does not hold. */
export function withoutRows(chosen: ReadonlySet<number>, { entries, byId, attachedBy }: Contents): string[] {
  const filled = new Set(entries.flatMap((entry) => (entry.kind === 'TABLE DATA' ? entry.dependsOn : [])));
  const parents = new Set([...attachedBy.values()].flatMap(({ dependsOn }) => dependsOn));
  const empty = [...chosen].flatMap((id) => {
    const entry = byId.get(id);
    const isPartitioned = parents.has(id) || /^PARTITION BY /m.test(entry?.definition ?? '');
    return entry?.kind !== 'TABLE' || filled.has(id) || isPartitioned ? [] : [nameOf(entry)];
  });
  return empty.length === 0 ? [] : [`the backup holds no rows of ${empty.join(', ')}`];
}

/** A column of the type `oid`, or of `lo` of the extension of that name, as pg_dump writes it. */
const REFERENCE = /^ {4}(?:"(?:[^"]|"")+"|[^\s"]+) (?:oid|[^\s"]+\.lo)(?:,|$| )/m;

/** Large objects belong to no table, so that none comes with a part, though rows may refer to them. */
export function withoutLargeObjects(chosen: ReadonlySet<number>, { entries, byId }: Contents): string[] {
  if (!entries.some(({ kind }) => isLargeObject(kind))) return [];
  const holders = [...chosen].flatMap((id) => {
    const entry = byId.get(id);
    return entry?.kind === 'TABLE' && REFERENCE.test(entry.definition) ? [nameOf(entry)] : [];
  });
  if (holders.length === 0) return [];
  return [`left out: large objects, to which rows of ${holders.join(', ')} may refer; they come with the whole backup`];
}
