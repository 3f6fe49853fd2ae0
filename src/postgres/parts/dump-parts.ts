/** Which part of a dump to restore, and how. Nothing given: all of it. */
export interface DumpParts {
  schemas: readonly string[];
  tables: readonly string[];
  dataOnly: boolean;
  schemaOnly: boolean;
  /** Of tables that are named only the columns and rows. */
  isBare: boolean;
  /** Leave everything to the role that restores. */
  noOwner: boolean;
  noPrivileges: boolean;
}

/** Whether some of what is in the dump is named. */
export function namesParts({ schemas, tables }: DumpParts): boolean {
  return schemas.length > 0 || tables.length > 0;
}

/** Whether less than the whole dump is meant. */
export function isSelection(parts: DumpParts): boolean {
  return namesParts(parts) || parts.dataOnly || parts.schemaOnly;
}
