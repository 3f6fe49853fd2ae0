export const FORMATS = ['sql', 'binary'] as const;
/** `sql`: pg_dump's plain script for psql. `binary`: its custom format for pg_restore. */
export type Format = (typeof FORMATS)[number];

/** How a dump of each format begins; anything else is no dump. */
export const DUMP_HEADINGS: Record<Format, string> = {
  sql: '--\n-- PostgreSQL database dump\n',
  binary: 'PGDMP',
};

/** Between the roles and tablespaces of a server and the settings of the database, which psql needs the name of. */
export const SETTINGS_HEADING = '-- The database itself; psql -v database=NAME says which\n';

/** What stands near the end of a whole plain dump; pg_restore itself notices when a custom one is cut. */
export const DUMP_CLOSINGS: Record<Format, string | undefined> = {
  sql: '\n-- PostgreSQL database dump complete\n',
  binary: undefined,
};
