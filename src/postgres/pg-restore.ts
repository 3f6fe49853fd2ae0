import type { Command } from '../system/programs.ts';
import type { LoadRequest } from './load-dump.ts';
import type { Database } from './database.ts';

/** The pg_restore beside the pg_dump that was chosen. */
export function pgRestore({ programs }: LoadRequest, args: string[], env: Command['env']): Command {
  return { name: 'pg_restore', file: programs.pgDump.replace(/pg_dump$/, 'pg_restore'), args, env };
}

/** The target of a load, asked by the psql that belongs to the programs of the load. */
export function askingOf({ database, programs }: LoadRequest): Database {
  return database.with({ found: [programs] });
}

/** What of a dump it restores, and how. */
export function partFlags({ parts, listPath, noTablespaces = false }: LoadRequest): string[] {
  const flags = [
    ...(listPath === undefined ? [] : [`--use-list=${listPath}`]),
    ...(noTablespaces ? ['--no-tablespaces'] : []),
  ];
  if (parts === undefined) return flags;
  const { dataOnly, schemaOnly, noOwner, noPrivileges } = parts;
  return [
    ...flags,
    ...(dataOnly ? ['--data-only'] : []),
    ...(schemaOnly ? ['--schema-only'] : []),
    ...(noOwner ? ['--no-owner'] : []),
    ...(noPrivileges ? ['--no-privileges'] : []),
  ];
}
