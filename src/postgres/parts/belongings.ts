import type { TocEntry } from '../dump-toc/toc-entry.ts';
import { DATA, isBelonging, isRemark, RELATIONS } from './kinds.ts';

export interface Contents {
  entries: readonly TocEntry[];
  byId: ReadonlyMap<number, TocEntry>;
  /** Tables that are attached to another by an entry of its own, and that entry. */
  attachedBy: ReadonlyMap<number, TocEntry>;
}

export function contentsOf(entries: readonly TocEntry[]): Contents {
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const attachedBy = new Map<number, TocEntry>();
  for (const entry of entries) {
    if (entry.kind !== 'TABLE ATTACH') continue;
    const partition = entry.dependsOn.map((id) => byId.get(id)).find((one) => isSameName(one, entry));
    if (partition !== undefined) attachedBy.set(partition.dumpId, entry);
  }
  return { entries, byId, attachedBy };
}

const isSameName = (one: TocEntry | undefined, other: TocEntry) =>
  one?.schema === other.schema && one.name === other.name;

/**
 * The entry that another belongs to: of a foreign key the table that has it, of a partition's attachment the partition.
 * What is called `customer id` belongs to `customer`, although it depends on a function or another table as well.
 */
export function holderOf(entry: TocEntry, { byId }: Contents): TocEntry | undefined {
  const needed = entry.dependsOn.flatMap((id) => byId.get(id) ?? []);
  const relations = needed.filter(({ kind }) => RELATIONS.has(kind));
  switch (entry.kind) {
    case 'TABLE ATTACH':
    case 'INDEX ATTACH':
    case 'ROW SECURITY':
    case 'TABLE DATA':
    case 'SEQUENCE SET':
    case 'SEQUENCE OWNED BY':
    case 'MATERIALIZED VIEW DATA':
    case 'STATISTICS DATA':
      return (
        needed.find((one) => isSameName(one, entry)) ??
        needed.find((one) => one.schema === entry.schema && one.name.endsWith(` ${entry.name}`))
      );
    case 'PUBLICATION TABLE':
      return relations.find(({ name }) => entry.name.endsWith(` ${name}`)) ?? relations[0];
    case 'INDEX':
    case 'STATISTICS':
      return relations[0];
    default:
      return needed
        .filter(({ name, schema }) => schema === entry.schema && entry.name.startsWith(`${name} `))
        .toSorted((a, b) => b.name.length - a.name.length)[0];
  }
}

/** Adds to `chosen` all that belongs to what is in it: with `isBare` rows and partitions alone. */
export function addBelongings(chosen: Set<number>, contents: Contents, isBare: boolean): void {
  const { entries } = contents;
  for (let before = -1; before !== chosen.size;) {
    before = chosen.size;
    for (const entry of entries) {
      if (!chosen.has(entry.dumpId) && comesAlong(entry, chosen, contents, isBare)) chosen.add(entry.dumpId);
    }
  }
}

function comesAlong(entry: TocEntry, chosen: ReadonlySet<number>, contents: Contents, isBare: boolean): boolean {
  const { kind, dependsOn } = entry;
  // Partitions depend on the table they are a part of, and so do the tables that inherit from it.
  if (kind === 'TABLE' || kind === 'FOREIGN TABLE') {
    return dependsOn.some((id) => chosen.has(id) && isParent(contents.byId.get(id), entry, contents));
  }
  if (isBare) return (kind === 'TABLE ATTACH' || DATA.has(kind)) && isHeld(entry, chosen, contents);
  // One that a column owns, or is its identity, depends on the table; one that a column only uses does not.
  if (kind === 'SEQUENCE') {
    return dependsOn.some((id) => chosen.has(id) && isTable(contents.byId.get(id)));
  }
  if (isRemark(kind)) return dependsOn.length > 0 && dependsOn.every((id) => chosen.has(id));
  return isBelonging(kind) && isHeld(entry, chosen, contents);
}

const isTable = (entry: TocEntry | undefined) => entry?.kind === 'TABLE' || entry?.kind === 'FOREIGN TABLE';

/** Whether a table is the one that another is a partition of, or inherits from; it may use another's row type, too. */
function isParent(parent: TocEntry | undefined, child: TocEntry, { attachedBy }: Contents): boolean {
  if (parent === undefined || !isTable(parent)) return false;
  const attachment = attachedBy.get(child.dumpId);
  if (attachment !== undefined) return attachment.dependsOn.includes(parent.dumpId);
  const parents = /^INHERITS \((.*)\)/m.exec(child.definition)?.[1] ?? '';
  return parents.includes(parent.name.replaceAll('"', '""'));
}

function isHeld(entry: TocEntry, chosen: ReadonlySet<number>, contents: Contents): boolean {
  const holder = holderOf(entry, contents);
  return holder !== undefined && chosen.has(holder.dumpId);
}
