/** Which part of a dump to restore, and how; pg_restore's options of the same names. Nothing given: all of it. */
export interface DumpParts {
  schemas: readonly string[];
  tables: readonly string[];
  dataOnly: boolean;
  schemaOnly: boolean;
  /** Leave everything to the role that restores. */
  noOwner: boolean;
  noPrivileges: boolean;
}

/** Whether less than the whole dump is meant. */
export function isSelection({ schemas, tables, dataOnly, schemaOnly }: DumpParts): boolean {
  return schemas.length > 0 || tables.length > 0 || dataOnly || schemaOnly;
}
