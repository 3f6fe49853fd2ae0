export const FORMATS = ['sql', 'binary'] as const;
/** `sql`: pg_dump's plain script for psql. `binary`: its custom format for pg_restore. */
export type Format = (typeof FORMATS)[number];

/** How a dump of each format begins. */
export const DUMP_HEADINGS: Record<Format, string> = {
  sql: '--\n-- PostgreSQL database dump\n',
  binary: 'PGDMP',
};

/** The table whose rows pg_dump begins to read, as `schema.table`, in a line that its `--verbose` writes. */
export function tableInDumpLine(line: string): string | undefined {
  return /dumping contents of table "?(.+?)"?$/.exec(line)?.[1]?.replaceAll('"."', '.');
}

/** Separates the server's roles and tablespaces from the database's settings, which psql needs the database's name for. */
export const SETTINGS_HEADING = '-- The database itself; psql -v database=NAME says which\n';

/** A line near the end of a whole plain dump. pg_restore itself notices a truncated custom dump. */
export const DUMP_CLOSINGS: Record<Format, string | undefined> = {
  sql: '\n-- PostgreSQL database dump complete\n',
  binary: undefined,
};
