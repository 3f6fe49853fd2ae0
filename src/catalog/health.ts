import { statSync } from 'node:fs';
import { PgbakError } from '../core/errors.ts';
import { openSqlite } from '../system/sqlite.ts';
import { absentCatalog, kindOfFile } from './dialects/sqlite-file.ts';
import { SCHEMA } from './migrate.ts';
import { catalogError } from './dialects/sqlite-errors.ts';

/** The state of a catalogue file, found out without changing it. */
export type CatalogHealth =
  | { kind: 'absent'; path: string; message: string; hint: string | undefined }
  | { kind: 'earlier'; path: string }
  | { kind: 'unusable'; path: string; message: string; hint: string | undefined }
  | {
      kind: 'current';
      path: string;
      /** Permission bits. */
      mode: number;
      schema: number;
      knownSchema: number;
      /** The faults that SQLite found. */
      damage: string[];
    };

function absent(path: string): CatalogHealth {
  const { message, hint } = absentCatalog(path);
  return { kind: 'absent', path, message, hint };
}

export function catalogHealth(path: string): CatalogHealth {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return absent(path);
    const file = kindOfFile(path);
    if (file.kind === 'absent') return absent(path);
    if (file.kind === 'empty') {
      return {
        kind: 'unusable',
        path,
        message: `${path} is an empty file`,
        hint: 'Put a copy of the catalogue there.',
      };
    }
    if (file.kind === 'earlier') return { kind: 'earlier', path };
    const mode = stats.mode & 0o777;
    return { kind: 'current', path, mode, schema: file.schema, knownSchema: SCHEMA, damage: damageOf(path) };
  } catch (error) {
    const problem = catalogError(path, error);
    if (!(problem instanceof PgbakError)) throw problem;
    return { kind: 'unusable', path, message: problem.message, hint: problem.hint };
  }
}

/** https://www.sqlite.org/pragma.html#pragma_integrity_check */
function damageOf(path: string): string[] {
  const database = openSqlite(path, { readonly: true });
  try {
    const rows: unknown[] = database.prepare('pragma integrity_check(5)').pluck().all();
    return rows.map(String).filter((row) => row !== 'ok');
  } finally {
    database.close();
  }
}
