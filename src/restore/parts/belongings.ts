import { nameOf, type TocEntry } from '../../postgres/dump-toc/read-toc.ts';

/** Kinds that `--table` may name (https://www.postgresql.org/docs/current/app-pgrestore.html). */
export const RELATIONS: ReadonlySet<string> = new Set([
  'TABLE',
  'FOREIGN TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SEQUENCE',
]);

/** Kinds that fill a relation. `--data-only` takes only these. */
export const DATA: ReadonlySet<string> = new Set(['TABLE DATA', 'SEQUENCE SET', 'MATERIALIZED VIEW DATA']);

/** Kinds that describe another entry, and are restored with it. */
const REMARKS: ReadonlySet<string> = new Set(['COMMENT', 'SECURITY LABEL', 'ACL']);

/** Kinds that belong to a relation, an index or a constraint, and cannot exist without it. */
const BELONGINGS: ReadonlySet<string> = new Set([
  ...DATA,
  ...REMARKS,
  'TABLE ATTACH',
  'INDEX ATTACH',
  'SEQUENCE OWNED BY',
  'DEFAULT',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'INDEX',
  'STATISTICS',
  'STATISTICS DATA',
  'RULE',
  'TRIGGER',
  'ROW SECURITY',
  'POLICY',
  'PUBLICATION TABLE',
]);

export const isRemark = (kind: string): boolean => REMARKS.has(kind);
export const isBelonging = (kind: string): boolean => BELONGINGS.has(kind);

/** Kinds that hold rows, or show rows of others. They are restored only where the user asks for them. */
export const isAskedForOnly = (kind: string): boolean =>
  (RELATIONS.has(kind) && kind !== 'SEQUENCE') || kind.startsWith('PUBLICATION') || kind === 'SUBSCRIPTION';

/** Large objects and lists of them. */
export const isLargeObject = (kind: string): boolean => kind === 'BLOB' || kind === 'BLOBS' || kind === 'BLOB METADATA';

export interface Contents {
  entries: readonly TocEntry[];
  byId: ReadonlyMap<number, TocEntry>;
  /** Partitions that an entry of its own attaches, by `dumpId`, and that entry. */
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
 * Finds the entry that another one belongs to: for a foreign key the table that has it, for an attachment the
 * partition. `customer id` belongs to `customer`, even where it also depends on a function or another table.
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

/** Adds to `chosen` everything that belongs to its entries; with `isBare` only rows and partitions. */
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
  // A partition depends on its parent, and so does a table that inherits from another.
  if (kind === 'TABLE' || kind === 'FOREIGN TABLE') {
    return dependsOn.some((id) => chosen.has(id) && isParent(contents.byId.get(id), entry, contents));
  }
  if (isBare) return (kind === 'TABLE ATTACH' || DATA.has(kind)) && isHeld(entry, chosen, contents);
  // A sequence that a column owns, or that is its identity, depends on the table. A sequence that a column only uses
  // does not.
  if (kind === 'SEQUENCE') {
    return dependsOn.some((id) => chosen.has(id) && isTable(contents.byId.get(id)));
  }
  if (isRemark(kind)) return dependsOn.length > 0 && dependsOn.every((id) => chosen.has(id));
  return isBelonging(kind) && isHeld(entry, chosen, contents);
}

const isTable = (entry: TocEntry | undefined) => entry?.kind === 'TABLE' || entry?.kind === 'FOREIGN TABLE';

/**
 * Whether `child` is a partition of `parent`, or inherits from it. A table may also depend on another only for its row
 * type.
 */
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

/** Notes the chosen tables whose rows the backup does not hold. */
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

/** A column of the type `oid`, or of the type `lo` of the extension `lo`, as pg_dump writes it. */
const REFERENCE = /^ {4}(?:"(?:[^"]|"")+"|[^\s"]+) (?:oid|[^\s"]+\.lo)(?:,|$| )/m;

/**
 * Notes about tables that may refer to large objects. A part brings no large objects, since they belong to no table.
 */
export function withoutLargeObjects(chosen: ReadonlySet<number>, { entries, byId }: Contents): string[] {
  if (!entries.some(({ kind }) => isLargeObject(kind))) return [];
  const holders = [...chosen].flatMap((id) => {
    const entry = byId.get(id);
    return entry?.kind === 'TABLE' && REFERENCE.test(entry.definition) ? [nameOf(entry)] : [];
  });
  if (holders.length === 0) return [];
  return [
    `left out: large objects, to which rows of ${holders.join(', ')} may refer. Only a restore of the whole backup brings them`,
  ];
}
