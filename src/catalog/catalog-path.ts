import { join } from 'node:path';
import envPaths from 'env-paths';

/** Where the catalogue is: at `DB_PATH`, or else in the user's directory for data. */
export function catalogPathOf({ catalogPath }: { catalogPath: string | undefined }): string {
  return catalogPath ?? join(envPaths('pgbak', { suffix: '' }).data, 'backup.sqlite');
}
