import { closeSync, openSync } from 'node:fs';
import { forEachDestinationField } from '../server/destination-record.ts';
import { isReference } from '../server/reference.ts';
import { forEachField } from '../server/server.ts';
import { Secret } from '../core/secret.ts';
import { openSqlite, type Sqlite } from '../system/sqlite.ts';
import { catalogError } from './dialects/sqlite-errors.ts';

/**
 * Writes a copy of the catalogue, made by `copyTo`, to a new file of mode 0600. With `withoutPassword` everybody may see the copy:
 * secrets are left out, references to secrets stay, and that function takes the passwords out of connection strings.
 */
export async function exportCatalog(
  copyTo: (target: string) => Promise<void> | void,
  target: string,
  withoutPassword?: (connection: Secret) => string,
): Promise<void> {
  // VACUUM INTO takes an empty file; a file that it creates itself gets its mode from the umask.
  closeSync(openSync(target, 'wx', 0o600));
  await copyTo(target);
  if (withoutPassword === undefined) return;
  try {
    const copy = openSqlite(target);
    try {
      withoutSecrets(copy, withoutPassword);
    } finally {
      copy.close();
    }
  } catch (error) {
    throw catalogError(target, error);
  }
}

function withoutSecrets(copy: Sqlite, withoutPassword: (connection: Secret) => string): void {
  copy.exec('pragma journal_mode = delete');
  const servers = copy.prepare<[], Record<string, unknown>>('select * from servers').all();
  for (const server of servers) {
    forEachField((_name, { column, publicCell }) => {
      if (publicCell !== undefined) set(copy, 'servers', server['id'], column, publicCell(server[column]));
    });
    const connection = String(server['connection_string']);
    if (!isReference(connection)) {
      set(copy, 'servers', server['id'], 'connection_string', withoutPassword(new Secret(connection)));
    }
  }
  for (const row of copy.prepare<[], Record<string, unknown>>('select * from destinations').all()) {
    forEachDestinationField((_name, { column, publicCell }) => {
      if (publicCell !== undefined) set(copy, 'destinations', row['id'], column, publicCell(row[column]));
    });
  }
  // Overwrite the free pages, which may still hold secrets.
  copy.exec('vacuum');
}

function set(copy: Sqlite, table: 'servers' | 'destinations', id: unknown, column: string, value: string | null): void {
  copy.prepare(`update ${table} set "${column}" = ? where id = ?`).run(value, id);
}
