import { type DumpParts, matchNames, namesParts } from './match-names.ts';
import { ArchiveError } from '../../core/errors.ts';
import { nameOf, type TocEntry } from '../../postgres/dump-toc/read-toc.ts';
import {
  addBelongings,
  type Contents,
  contentsOf,
  DATA,
  holderOf,
  isAskedForOnly,
  isLargeObject,
  isRemark,
  withoutLargeObjects,
  withoutRows,
} from './belongings.ts';
import { orderRows, type ForeignKey } from './order-rows.ts';
import type { SequenceAhead } from './ask-target.ts';

/** The entries of a dump to load. */
export interface Choice {
  /** In the order of the load. */
  entries: readonly TocEntry[];
  /** Whether rows come in another order than in the dump. Only a dump in a file can be loaded so. */
  isReordered: boolean;
  /** For the plan: what the user should know before the load. */
  notes: string[];
}

/** Questions to the database that gets the part. None of them changes it. */
export interface PartTarget {
  /** The entries that it already has. */
  whatIsThere: (entries: readonly TocEntry[]) => Promise<ReadonlySet<TocEntry>>;
  foreignKeys: () => Promise<readonly ForeignKey[]>;
  /** The entries that would set a sequence back. */
  sequencesAhead: (entries: readonly TocEntry[]) => Promise<readonly SequenceAhead[]>;
}

/**
 * Chooses the entries to load: the named tables or schemas, what belongs to them, and what they need and the target
 * lacks. An entry that needs a missing table is left out, and noted.
 *
 * @throws ArchiveError where a name matches nothing, or a table exists already or needs another one that is missing
 */
export async function chooseEntries(
  entries: readonly TocEntry[],
  parts: DumpParts,
  target: PartTarget,
): Promise<Choice> {
  const contents = contentsOf(entries);
  if (!namesParts(parts)) {
    if (!parts.dataOnly) return { entries, isReordered: false, notes: [] };
    return await chooseRows(new Set(entries.map(({ dumpId }) => dumpId)), contents, target, []);
  }
  const { roots, notes } = matchNames(entries, parts);
  const chosen = new Set(roots.map(({ dumpId }) => dumpId));
  addBelongings(chosen, contents, parts.isBare);
  // An attachment of indexes needs both. Without both, attaching the tables attaches the indexes, or there is no
  // parent.
  for (const { kind, dumpId, dependsOn } of entries) {
    if (kind === 'INDEX ATTACH' && !dependsOn.every((id) => chosen.has(id))) chosen.delete(dumpId);
  }
  if (parts.dataOnly) return await chooseRows(chosen, contents, target, notes);

  const isChosen = ({ dumpId }: TocEntry) => chosen.has(dumpId);
  const present = await target.whatIsThere([...entries.filter(isChosen), ...neededBy(chosen, contents)]);
  const schemas = roots.filter((entry) => entry.kind === 'SCHEMA' && present.has(entry));
  for (const schema of schemas) {
    notes.push(`the schema ${schema.name} exists already: its owner, privileges and comment stay as they are`);
    for (const entry of entries) {
      if (isRemark(entry.kind) && entry.dependsOn.includes(schema.dumpId)) chosen.delete(entry.dumpId);
    }
    chosen.delete(schema.dumpId);
  }
  const inTheWay = entries.filter((entry) => isChosen(entry) && present.has(entry) && entry.kind !== 'INDEX');
  if (inTheWay.length > 0) {
    throw new ArchiveError(
      `the target holds these already, and nothing is restored over them: ${inTheWay.map(nameOf).join(', ')}`,
      'Move them to another schema first (alter table ... set schema ...) or drop them. Or restore into another database, or only add the rows: --data-only',
    );
  }

  const brought = new Set<TocEntry>();
  const lacks = missingPart(chosen, contents, present, brought);
  for (const entry of entries.filter(isChosen)) {
    const lacking = lacks(entry);
    if (lacking === undefined) continue;
    if (roots.includes(entry) && parts.tables.length > 0) {
      throw new ArchiveError(
        `${described(entry)} needs ${described(lacking)}, which is not in the target`,
        `Restore both: --table ${nameOf(entry)} --table ${nameOf(lacking)}`,
      );
    }
    chosen.delete(entry.dumpId);
    if (entry.kind === 'TABLE ATTACH')
      notes.push(`${nameOf(entry)} is not attached to its parent: the target lacks ${described(lacking)}`);
    else if (!isRemark(entry.kind)) {
      notes.push(`left out: ${described(entry, contents)}, because the target lacks ${described(lacking)}`);
    }
  }
  notes.push(...leftBehind(chosen, brought, contents));
  for (const entry of brought) chosen.add(entry.dumpId);
  if (brought.size > 0)
    notes.push(`restored as well, because it is needed: ${[...brought].map((entry) => described(entry)).join(', ')}`);
  for (const entry of entries) if (isAbout(entry, brought, contents)) chosen.add(entry.dumpId);
  notes.push(...withoutRows(chosen, contents), ...withoutLargeObjects(chosen, contents));

  const wanted = entries.filter((entry) => isChosen(entry) && !(parts.schemaOnly && DATA.has(entry.kind)));
  return { entries: attachedLast(wanted, chosen), isReordered: false, notes };
}

async function chooseRows(
  chosen: ReadonlySet<number>,
  contents: Contents,
  target: PartTarget,
  notes: string[],
): Promise<Choice> {
  const isWanted = ({ kind, dumpId }: TocEntry) => chosen.has(dumpId) && (DATA.has(kind) || isLargeObject(kind));
  const data = contents.entries.filter(isWanted);
  const holders = new Set(data.flatMap((entry) => holderOf(entry, contents) ?? []));
  const present = await target.whatIsThere([...holders]);
  const absent = [...holders].filter((entry) => !present.has(entry));
  const tables = absent.filter(({ kind }) => kind !== 'SEQUENCE');
  if (tables.length > 0) {
    throw new ArchiveError(
      `--data-only needs existing tables, and the target lacks ${tables.map(nameOf).join(', ')}`,
      'Without --data-only the restore creates them.',
    );
  }
  notes.push(...absent.map((entry) => `left out: the value of ${described(entry)}, which the target lacks`));
  const loadable = data.filter((entry) => !absent.includes(holderOf(entry, contents) ?? entry));
  const ahead = await target.sequencesAhead(loadable);
  notes.push(...ahead.map(({ note }) => note));
  const wanted = loadable.filter((entry) => !ahead.some((one) => one.entry === entry));
  const { ordered, isReordered, circles } = orderRows(wanted, await target.foreignKeys());
  if (circles.length > 0) {
    const names = circles.map(nameOf).join(', ');
    notes.push(`the foreign keys of ${names} form a circle. If rows are refused, drop one of these keys first`);
  }
  notes.push(...withoutRows(chosen, contents));
  if (!data.some(({ kind }) => kind === 'TABLE DATA')) {
    throw new ArchiveError('the backup holds no rows of what was named');
  }
  return { entries: ordered, isReordered, notes };
}

/**
 * The entries that an entry cannot do without. A partition does without its parent, and its index without the parent's.
 */
function needsOf(entry: TocEntry, { byId, attachedBy }: Contents): TocEntry[] {
  const parents = attachedBy.get(entry.dumpId)?.dependsOn ?? [];
  const isIndex = (kind: string | undefined) => kind === 'INDEX' || kind === 'CONSTRAINT';
  return [...new Set(entry.dependsOn)].flatMap((id) => {
    const needed = byId.get(id);
    if (needed === undefined || parents.includes(id)) return [];
    return isIndex(needed.kind) && (isIndex(entry.kind) || entry.kind === 'FK CONSTRAINT') ? [] : [needed];
  });
}

/** The entries that chosen ones need, and the entries that those need in turn. */
function neededBy(chosen: ReadonlySet<number>, contents: Contents): TocEntry[] {
  const needed = new Set<TocEntry>();
  const add = (entry: TocEntry) => {
    for (const one of needsOf(entry, contents)) {
      if (chosen.has(one.dumpId) || needed.has(one)) continue;
      needed.add(one);
      if (!isAskedForOnly(one.kind)) add(one);
    }
  };
  for (const entry of contents.entries) if (chosen.has(entry.dumpId)) add(entry);
  return [...needed];
}

/** Returns the needed entry that will be missing. Needed entries that can be restored too are added to `brought`. */
function missingPart(
  chosen: ReadonlySet<number>,
  contents: Contents,
  present: ReadonlySet<TocEntry>,
  brought: Set<TocEntry>,
): (entry: TocEntry) => TocEntry | undefined {
  const known = new Map<TocEntry, TocEntry | undefined>();
  const lacks = (entry: TocEntry): TocEntry | undefined => {
    if (known.has(entry)) return known.get(entry);
    known.set(entry, undefined);
    let lacking: TocEntry | undefined;
    for (const needed of needsOf(entry, contents)) {
      if (chosen.has(needed.dumpId)) lacking ??= lacks(needed);
      else if (!present.has(needed)) lacking ??= isAskedForOnly(needed.kind) ? needed : lacks(needed);
    }
    known.set(entry, lacking);
    return lacking;
  };
  const bring = (entry: TocEntry) => {
    for (const needed of needsOf(entry, contents)) {
      if (chosen.has(needed.dumpId) || present.has(needed) || brought.has(needed)) continue;
      brought.add(needed);
      bring(needed);
    }
  };
  return (entry) => {
    const lacking = lacks(entry);
    if (lacking === undefined) bring(entry);
    return lacking;
  };
}

/** Whether an entry describes one of `brought`, or sets the value of a sequence among them. */
function isAbout(entry: TocEntry, brought: ReadonlySet<TocEntry>, contents: Contents): boolean {
  if (entry.kind === 'SEQUENCE SET') return brought.has(holderOf(entry, contents) ?? entry);
  const first = contents.byId.get(entry.dependsOn[0] ?? Number.NaN);
  return isRemark(entry.kind) && first !== undefined && brought.has(first);
}

/** Notes entries without a schema that depend on chosen ones and are left out. */
function leftBehind(chosen: ReadonlySet<number>, brought: ReadonlySet<TocEntry>, { entries }: Contents): string[] {
  const kinds = new Set([
    'EXTENSION',
    'EVENT TRIGGER',
    'CAST',
    'TRANSFORM',
    'PUBLICATION TABLES IN SCHEMA',
    'SUBSCRIPTION',
  ]);
  return entries
    .filter((entry) => kinds.has(entry.kind) && !chosen.has(entry.dumpId) && !brought.has(entry))
    .filter(({ dependsOn }) => dependsOn.some((id) => chosen.has(id)))
    .map((entry) => `left out: ${described(entry)}`);
}

/**
 * Puts the attachment of a partition to an existing parent last: its own indexes and constraints then become parts of
 * the parent's.
 */
function attachedLast(wanted: readonly TocEntry[], chosen: ReadonlySet<number>): TocEntry[] {
  const isLast = ({ kind, dependsOn }: TocEntry) => kind === 'TABLE ATTACH' && dependsOn.some((id) => !chosen.has(id));
  return [...wanted.filter((entry) => !isLast(entry)), ...wanted.filter(isLast)];
}

/** The name of an entry in a sentence: `foreign key orders_customer_id_fkey of public.orders`. */
function described(entry: TocEntry, contents?: Contents): string {
  const { kind, name } = entry;
  const called = KINDS[kind] ?? kind.toLowerCase();
  const holder = contents === undefined ? undefined : holderOf(entry, contents);
  if (holder !== undefined && name.startsWith(`${holder.name} `)) {
    return `${called} ${name.slice(holder.name.length + 1)} of ${nameOf(holder)}`;
  }
  if (holder !== undefined && kind === 'PUBLICATION TABLE') return `${nameOf(holder)} in its publication`;
  return `${called} ${nameOf(entry)}`;
}

const KINDS: Readonly<Record<string, string>> = { 'FOREIGN TABLE': 'table', 'FK CONSTRAINT': 'foreign key' };
