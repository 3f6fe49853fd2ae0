/** One thing that a binary dump brings, as its table of contents has it. */
export interface TocEntry {
  dumpId: number;
  /** `TABLE`, `TABLE DATA`, `INDEX`, ... (src/bin/pg_dump/pg_dump.c). */
  kind: string;
  /** Its schema; empty for what stands in none. */
  schema: string;
  /** Its name, without quotes; for what belongs to something else `customer id` or `COLUMN customer.name`. */
  name: string;
  owner: string;
  /** The statements that make it. */
  definition: string;
  /** The COPY that takes its rows; empty for what has none, or has them as INSERTs. */
  copyStatement: string;
  /** The `dumpId`s of the entries that it cannot be without. */
  dependsOn: readonly number[];
}

/** What a binary dump says of itself before its rows. */
export interface Toc {
  /** The server that was dumped, as it calls its version: `15.18 (Debian 15.18-0+deb12u1)`. */
  serverVersion: string;
  entries: readonly TocEntry[];
  /** Where the rows begin. */
  sizeBytes: number;
  /** How integers are written there: their length in bytes. */
  integerBytes: number;
  /** Whether rows stand in it as they are. */
  isCompressed: boolean;
}

/** How people and messages call it: `sales.orders`. */
export function nameOf({ schema, name }: Pick<TocEntry, 'schema' | 'name'>): string {
  return schema === '' ? name : `${schema}.${name}`;
}
