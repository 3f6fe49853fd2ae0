import { ConfigError } from './errors.ts';
import { nearest } from './nearest.ts';

export const FORMATS = ['sql', 'binary', 'directory'] as const;
/**
 * `sql`: pg_dump's plain script for psql. `binary`: its custom format for pg_restore. `directory`: its directory format for
 * pg_restore, which several connections dump at once; pg_dump compresses it.
 */
export type Format = (typeof FORMATS)[number];

/** The extension of a dump of each format. */
export const FORMAT_EXTENSIONS: Record<Format, string> = { sql: 'sql', binary: 'bin', directory: 'dir' };

/** The extension of a dump that is written to a file, or to a directory. */
export const OUTPUT_EXTENSIONS: Record<Format, string> = { sql: 'sql', binary: 'dump', directory: 'dir' };

/** How a dump of each format begins: of a directory, its table of contents. */
export const DUMP_HEADINGS: Record<Format, string> = {
  sql: '--\n-- PostgreSQL database dump\n',
  binary: 'PGDMP',
  directory: 'PGDMP',
};

/** How a script of roles begins, which pg_dumpall writes. */
export const ROLES_HEADING = '--\n-- PostgreSQL database cluster dump\n';

/** Reads a line of `pg_dump --verbose`: the table that it begins to read, as `schema.table`; undefined for other lines. */
export function tableInDumpLine(line: string): string | undefined {
  return /dumping contents of table "?(.+?)"?$/.exec(line)?.[1]?.replaceAll('"."', '.');
}

/** Separates the server's roles and tablespaces from the database's settings, which psql needs the database's name for. */
export const SETTINGS_HEADING = '-- The database itself; psql -v database=NAME says which\n';

/** How the entry of an archive of a format may begin: a script is of a database, or of the roles of a cluster. */
export function headingsOf(format: Format): string[] {
  return format === 'sql' ? [DUMP_HEADINGS.sql, ROLES_HEADING] : [DUMP_HEADINGS[format]];
}

/** A line near the end of each whole script. pg_restore itself notices a truncated custom dump. */
export function closingsOf(format: Format): string[] {
  if (format !== 'sql') return [];
  return ['\n-- PostgreSQL database dump complete\n', '\n-- PostgreSQL database cluster dump complete\n'];
}

/** pg_dump compresses the files of a directory itself, each where its table is read. 7-Zip only packs and encrypts them. */
export const DIRECTORY_GZIP_LEVEL = 1;
/** The same as it is noted with a backup, in place of a compression that 7-Zip or zstd does. */
export const DIRECTORY_COMPRESSION = `gzip:${DIRECTORY_GZIP_LEVEL}`;

/** How an archive is compressed. */
export type Compression =
  /** 1 (fast) to 9 (small). */
  | { method: 'lzma2'; level: number }
  /** 1 (fast) to 19 (small). zstd compresses; 7-Zip only wraps and encrypts the result. */
  | { method: 'zstd'; level: number }
  | { method: 'ppmd' }
  | { method: 'none' };

/** Reads `lzma2:1` to `lzma2:9`, `zstd:1` to `zstd:19`, `ppmd`, `none`; throws a `ConfigError` that lists them. */
export function parseCompression(text: string): Compression {
  const compression = compressionOf(text);
  if (compression !== undefined) return compression;
  throw new ConfigError(
    `the compression must be lzma2:1 (fast) to lzma2:9 (small), zstd:1 (very fast) to zstd:19, ppmd or none${likelyMeant(text)}`,
    'For example: --compression zstd:3',
  );
}

const LEVELS = { lzma2: { most: 9, usual: 1 }, zstd: { most: 19, usual: 3 } } as const;

/** `. Did you mean "zstd:3"?`, for a method that is mistyped, or stands without a level or with one that there is not. */
function likelyMeant(text: string): string {
  const [typed = '', typedLevel = ''] = text.slice(0, 20).split(':');
  const method = nearest(typed, ['lzma2', 'zstd', 'ppmd', 'none']);
  if (method === undefined) return '';
  if (method !== 'lzma2' && method !== 'zstd') return `. Did you mean "${method}"?`;
  const { most, usual } = LEVELS[method];
  const level = /^[1-9]\d?$/.test(typedLevel) ? Math.min(Number(typedLevel), most) : usual;
  return `. Did you mean "${method}:${level}"?`;
}

/** Whether pgbak could have recorded this with an archive. */
export function isCompression(text: string): boolean {
  return compressionOf(text) !== undefined || text === DIRECTORY_COMPRESSION;
}

function compressionOf(text: string): Compression | undefined {
  const lzma2 = /^lzma2:([1-9])$/.exec(text)?.[1];
  if (lzma2 !== undefined) return { method: 'lzma2', level: Number(lzma2) };
  const zstd = /^zstd:([1-9]|1\d)$/.exec(text)?.[1];
  if (zstd !== undefined) return { method: 'zstd', level: Number(zstd) };
  if (text === 'ppmd' || text === 'none') return { method: text };
  return undefined;
}
