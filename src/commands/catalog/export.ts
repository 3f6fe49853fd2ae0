import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { cannotWrite, checkTarget } from '../../backup/export-target.ts';
import { exportTo } from '../../backup/archive-catalog.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { resolveReference } from '../../server/reference.ts';
import { Secret } from '../../core/secret.ts';

/** The document of `catalog export --json`. */
export interface ExportedCatalog {
  file: string;
  holdsSecrets: boolean;
}

export default class CatalogExport extends BaseCommand {
  static override summary = 'Write a copy of the catalogue to a file';
  static override description = `The copy may be taken during a run. It is a catalogue like any other: put it where DB_PATH points.

Without --archive-password the copy holds no passwords, keys and ping URLs, only references to them. With it, the copy is an encrypted 7-Zip archive that holds all of them.

After each run, pgbak puts such a copy beside the backups as well, unless PGBAK_CATALOG_COPY=off.

EXIT STATUS
  0  written
  2  wrong use or configuration`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> catalog.sqlite',
    {
      description: 'With all secrets, encrypted',
      command: '<%= config.bin %> <%= command.id %> catalog.7z --archive-password file:/etc/pgbak/password',
    },
  ];
  static override args = { file: Args.string({ description: 'a file that is not there yet', required: true }) };
  static override flags = {
    'archive-password': Flags.string({
      description: 'encrypt the copy, and keep all secrets in it; also env:NAME or file:/path',
      helpValue: 'PASSWORD',
    }),
  };

  async run(): Promise<ExportedCatalog> {
    const { args, flags } = await this.parse(CatalogExport);
    await using context = await this.openContext('read');
    const file = resolve(args.file);
    await checkTarget(file);
    const given = flags['archive-password'];
    const { variable } = context.environment;
    const password =
      given === undefined ? undefined : resolveReference(new Secret(given), 'the archive password', variable);
    try {
      await exportTo(context, file, password);
    } catch (error) {
      await rm(file, { force: true });
      throw cannotWrite(file, error);
    }
    const holdsSecrets = password !== undefined;
    this.log(`Wrote the catalogue to ${file}, ${holdsSecrets ? 'encrypted, with its secrets' : 'without secrets'}`);
    return { file, holdsSecrets };
  }
}
