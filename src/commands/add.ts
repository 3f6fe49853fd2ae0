import * as Flags from '@oclif/core/flags';
import { LIMITS, STORAGE } from '../server/flag-groups.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { canAsk } from '../terminal/output.ts';

import { serverFlags } from '../terminal/server-flags.ts';
import { serverInputFrom } from '../server/server-input.ts';
import { fillIn } from '../terminal/prompts/fill-in.ts';
import { typedPasswords } from '../terminal/prompts/type-passwords.ts';
import { storeNew } from '../monitor/store-server.ts';
import { neededTries } from '../monitor/try-server.ts';
import { refuseBrokenReferences } from '../server/check-references.ts';
import { readEnvironment } from '../server/environment.ts';
import { newServer, parseServerInput, refuseClash, refuseTakenName } from '../server/server-form.ts';
import { SERVER_DEFAULTS } from '../server/server.ts';
import { refuseCompression } from '../server/settings.ts';
import { settleDestination } from '../monitor/lost-directory.ts';

/** The document of `add --json`. */
export interface AddedServer {
  id: number;
  name: string;
}

export default class Add extends BaseCommand {
  static override summary = 'Add a database to back up';
  static override description = `On a terminal, pgbak asks for what the flags leave out. It tries the database and the storage before it stores anything.

A secret may be a reference: env:NAME or file:/path. pgbak then stores the reference, and reads the secret whenever it needs it. Prefer that: every user of this machine can see what stands on a command line, and the shell's history keeps it.

A missing directory may be a disk that is not mounted. So a directory is made only if you say so: pgbak asks on a terminal, elsewhere --create-destination says it.

EXIT STATUS
  0  stored
  1  the database or the storage could not be reached
  2  wrong use or configuration`;
  static override examples = [
    { description: 'Be asked for everything', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'To Backblaze B2, encrypted, with B2_KEY_ID, B2_APP_KEY and B2_BUCKET in the environment',
      command:
        '<%= config.bin %> <%= command.id %> --connection-string env:SHOP_URL --frequency-hrs 24 --archive-password file:/etc/pgbak/password',
    },
    {
      description: 'To a directory',
      command:
        '<%= config.bin %> <%= command.id %> --connection-string postgresql://postgres@localhost/shop --destination file:/srv/backups --create-destination',
    },
    {
      description: 'A whole cluster: every database, and the roles',
      command:
        '<%= config.bin %> <%= command.id %> --name main --all-databases --connection-string env:MAIN_URL --destination file:/srv/backups',
    },
  ];
  static override flags = {
    ...serverFlags,
    'no-check': Flags.boolean({
      description: 'store it without trying the database and the storage',
      helpGroup: LIMITS,
    }),
    'create-destination': Flags.boolean({
      description: 'make the directory of --destination; where one is there already, take it as the right one',
      helpGroup: STORAGE,
    }),
  };

  protected override leftByInterruption: string | undefined = 'Nothing was stored.';

  async run(): Promise<AddedServer> {
    const { flags } = await this.parse(Add);
    const given = await typedPasswords(serverInputFrom(flags), this.jsonEnabled());
    const checked = parseServerInput(given);
    refuseCompression(checked, checked.format ?? SERVER_DEFAULTS.format);
    const isChecked = !flags['no-check'];
    const mayCreate = flags['create-destination'];
    const isAsking = canAsk(this.jsonEnabled());
    if (!isAsking) {
      const variables = readEnvironment(process.env);
      newServer(parseServerInput(given), variables);
      if (isChecked) refuseBrokenReferences(parseServerInput(given), variables);
    }
    await using context = await this.openContext('create');
    const { catalog, environment } = context;
    // Before the questions, so that no answer is lost.
    if (given.name !== undefined) refuseTakenName(given.name.trim(), await catalog.servers.besides(undefined));
    const input = isAsking ? await fillIn({ given, isChecked, mayCreate, storedCount: 0 }, context) : given;
    const fields = newServer(parseServerInput(input), environment);
    refuseClash(fields, await catalog.servers.besides(undefined), environment);
    const settled =
      mayCreate || (isChecked && !isAsking)
        ? await settleDestination(fields, context, { isAllowed: mayCreate })
        : undefined;
    if (settled !== undefined) this.log(settled);
    for (const { run } of isChecked && !isAsking ? neededTries(fields, 'new', context) : []) {
      const found = await run();
      if (found !== '') this.log(found);
    }
    const { server, warnings, lines } = await storeNew(fields, context);
    const { id, name } = server;
    this.leftByInterruption = `Server ${id} was stored: ${name}`;
    for (const warning of warnings) context.report({ type: 'warning', server: name, message: `warning: ${warning}` });
    this.log(lines.join('\n'));
    return { id, name };
  }
}
