import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { connectionCheck } from '../cli/connection-check.ts';
import { listenForInterruption } from '../cli/interruption.ts';
import { openWorkplace } from '../cli/open-tools.ts';
import { serverFlags, serverInputFrom } from '../cli/server-flags.ts';
import { newServer, refuseClash } from '../cli/server-form.ts';
import { parseServerInput } from '../config/server-input.ts';

export default class Add extends BaseCommand {
  static override summary = 'add a server: a database to back up';
  static override description = `Tries the connection, then stores the server.

Secrets given as env:NAME or file:/path are not stored but looked up whenever they are used. Prefer those: what is on a command line can be seen by every user of the machine and stays in the shell's history.

EXIT STATUS
  0  stored
  1  the database could not be reached
  2  wrong use or configuration`;
  static override examples = [
    {
      description: 'to B2, encrypted, with B2_KEY_ID, B2_APP_KEY and B2_BUCKET in the environment',
      command:
        '<%= config.bin %> <%= command.id %> --connection-string env:SHOP_URL --frequency-hrs 24 --archive-password file:/etc/pgbak/password',
    },
    {
      description: 'to a directory',
      command:
        '<%= config.bin %> <%= command.id %> --connection-string postgresql://postgres@localhost/shop --destination file:/srv/backups',
    },
  ];
  static override flags = {
    ...serverFlags,
    'no-check': Flags.boolean({ description: 'do not try the connection' }),
  };

  async run(): Promise<{ id: number; name: string }> {
    const { flags } = await this.parse(Add);
    const fields = newServer(parseServerInput(serverInputFrom(flags)));
    await using workplace = await openWorkplace();
    const { catalog, environment } = workplace;
    refuseClash(fields, await catalog.servers.list(), environment);
    using interruption = listenForInterruption();
    if (!flags['no-check']) this.log(await connectionCheck(fields, workplace, interruption.signal));
    const { id, name } = await catalog.servers.add(fields);
    this.log(`Added server ${id}: ${name}`);
    return { id, name };
  }
}
