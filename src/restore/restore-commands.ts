import { OUTPUT_EXTENSIONS } from '../core/archive-format.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import { attempt, PgbakError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { parseConnection, typedForm } from '../postgres/connection.ts';
import { isReference } from '../server/reference.ts';
import type { ServerRecord } from '../server/server.ts';

/** Commands that restore one backup, for a person to copy. No password is in them. */
export interface RestoreCommands {
  /** Into a new database beside the original. */
  intoDatabase: string;
  intoFile: string;
}

export function restoreCommands(
  { name, connectionString, partOf }: Pick<ServerRecord, 'name' | 'connectionString' | 'partOf'>,
  { backupId, format }: Pick<BackupRecord, 'backupId' | 'format'>,
): RestoreCommands {
  const restore = `pgbak restore ${quoted(name)} --at ${backupId}`;
  const file = `${name.replaceAll(/[^\w.-]+/g, '-')}-${backupId}.${OUTPUT_EXTENSIONS[format ?? 'sql']}`;
  return {
    intoDatabase: `${restore} --to ${quoted(besideOriginal(connectionString, name, partOf?.database))} --create`,
    intoFile: `${restore} --output ${quoted(file)}`,
  };
}

function besideOriginal(connectionString: ServerRecord['connectionString'], name: string, database?: string): string {
  const isText = !isReference(connectionString.reveal());
  const connection = isText ? attempt(() => parseConnection(connectionString)) : undefined;
  if (connection === undefined || connection instanceof PgbakError) return 'postgresql://USER@HOST/restored';
  return typedForm(connection, `${database ?? connection.database ?? name}_restored`);
}
