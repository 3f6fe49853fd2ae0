import { ArchiveError } from '../../core/errors.ts';
import { nameOf, type TocEntry } from '../../postgres/dump-toc/read-toc.ts';
import { isBelonging, RELATIONS } from './belongings.ts';

/** The part of a dump to restore, and how. Without any choice it is the whole dump. */
export interface DumpParts {
  schemas: readonly string[];
  tables: readonly string[];
  dataOnly: boolean;
  schemaOnly: boolean;
  /** Restore only the columns and rows of named tables. */
  isBare: boolean;
  /** Let the role that restores own everything. */
  noOwner: boolean;
  noPrivileges: boolean;
}

/** Whether schemas or tables are named. */
export function namesParts({ schemas, tables }: DumpParts): boolean {
  return schemas.length > 0 || tables.length > 0;
}

/** Whether less than the whole dump is chosen. */
export function isSelection(parts: DumpParts): boolean {
  return namesParts(parts) || parts.dataOnly || parts.schemaOnly;
}

interface Matched {
  /** The entries to restore, without those that belong to them. */
  roots: readonly TocEntry[];
  /** For the plan: names that match more than one entry. */
  notes: string[];
}

const SHOWN_NAMES = 10;

/**
 * Finds the entries that `--schema` and `--table` name. With both, only tables in these schemas count, as in
 * pg_restore. A name is compared as given first, then as SQL reads it: `sales.orders`, `"Order"`, `ORDERS`.
 *
 * @throws ArchiveError where no entry of the dump has a name
 */
export function matchNames(
  entries: readonly TocEntry[],
  { schemas, tables }: Pick<DumpParts, 'schemas' | 'tables'>,
): Matched {
  const known = new Set(entries.flatMap((entry) => (entry.kind === 'SCHEMA' ? [entry.name] : [entry.schema])));
  const chosen = schemas.map((given) => {
    const found = [given, ...readName(given).slice(0, 1)].find((name) => name !== '' && known.has(name));
    if (found !== undefined) return found;
    const names = [...known].filter((name) => name !== '');
    throw new ArchiveError(`the backup holds no schema ${given}`, `It holds: ${listed(names)}`);
  });
  const isInChosen = ({ schema }: TocEntry) => chosen.length === 0 || chosen.includes(schema);
  if (tables.length === 0) {
    const roots = entries.filter((entry) =>
      entry.kind === 'SCHEMA' ? chosen.includes(entry.name) : chosen.includes(entry.schema) && !isBelonging(entry.kind),
    );
    return { roots, notes: [] };
  }

  const relations = entries.filter((entry) => RELATIONS.has(entry.kind) && isInChosen(entry));
  const notes: string[] = [];
  const roots = tables.flatMap((given) => {
    const found = relationsCalled(given, relations);
    if (found.length === 0) {
      throw new ArchiveError(
        `the backup holds no table ${given}${chosen.length === 0 ? '' : ` in ${chosen.join(', ')}`}`,
        relations.length === 0 ? undefined : `It holds: ${listed(relations.map(nameOf))}`,
      );
    }
    if (found.length > 1) notes.push(`--table ${given} means ${found.map(nameOf).join(' and ')}`);
    return found;
  });
  return { roots: [...new Set(roots)], notes };
}

function relationsCalled(given: string, relations: readonly TocEntry[]): TocEntry[] {
  const asItStands = relations.filter(({ name }) => name === given);
  if (asItStands.length > 0) return asItStands;
  for (const [schema, name] of [splitAtDot(given), readName(given)]) {
    const found = relations.filter((entry) =>
      name === undefined ? entry.name === schema : entry.schema === schema && entry.name === name,
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** Splits `Sales.Order` at the dot, and keeps its case. */
function splitAtDot(given: string): string[] {
  const dot = given.indexOf('.');
  return dot === -1 ? [given] : [given.slice(0, dot), given.slice(dot + 1)];
}

/** The parts of a name as SQL reads it: lower case outside quotes. */
function readName(given: string): string[] {
  const parts = [...given.matchAll(/"((?:[^"]|"")*)"|[^".]+/g)];
  return parts.map(([whole, quoted]) => (quoted === undefined ? whole.toLowerCase() : quoted.replaceAll('""', '"')));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}
