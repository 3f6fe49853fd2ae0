import * as Args from '@oclif/core/args';
import { rulesInEffect } from '../../monitor/change-destination.ts';
import { refuseBrokenSecrets, settleDirectory } from '../../monitor/settle-destination.ts';
import { tryDestination } from '../../monitor/try-destination.ts';
import {
  destinationInputFrom,
  newDestination,
  parseDestinationInput,
  refuseTaken,
  refuseUnfit,
} from '../../server/destination-form.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { settingFlags, storeFlags } from '../../terminal/destination-flags.ts';
import { canAsk } from '../../terminal/output.ts';

/** The document of `destination add --json`. */
export interface AddedDestination {
  name: string;
  place: string;
}

export default class DestinationAdd extends BaseCommand {
  static override summary = 'Give a place for backups a name, and keys of its own';
  static override description = `A server then stores its backups there by that name: pgbak add --destination NAME. What is not set comes from the environment. On a terminal, pgbak asks for what is left out. It tries the place before it stores anything.

A secret may be a reference: env:NAME or file:/path. pgbak then stores the reference, and reads the secret whenever it needs it. Prefer that: every user of this machine can see what stands on a command line, and the shell's history keeps it.

EXIT STATUS
  0  stored
  1  the place could not be reached
  2  wrong use or configuration`;
  static override examples = [
    { description: 'Be asked for everything', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'A bucket with a key of its own, below a prefix',
      command:
        '<%= config.bin %> <%= command.id %> offsite b2:my-backups/production --b2-key-id 0045f0571db506a0000000007 --b2-app-key file:/etc/pgbak/b2',
    },
    { description: 'A directory', command: '<%= config.bin %> <%= command.id %> nas file:/mnt/nas/backups' },
  ];
  static override args = {
    name: Args.string({ description: 'what to call it, such as nas', ignoreStdin: true }),
    place: Args.string({
      description: 'b2:BUCKET[/PREFIX], s3:BUCKET[/PREFIX], file:/dir or rclone:REMOTE:PATH',
      ignoreStdin: true,
    }),
  };
  static override flags = { ...settingFlags, ...storeFlags };

  protected override leftByInterruption: string | undefined = 'Nothing was stored.';

  async run(): Promise<AddedDestination> {
    const { args, flags } = await this.parse(DestinationAdd);
    const given = destinationInputFrom({ ...flags, ...args });
    const changes = parseDestinationInput(given);
    const isChecked = !flags['no-check'];
    const isAsking = canAsk(this.jsonEnabled()) && (args.name === undefined || args.place === undefined);
    if (!isAsking) newDestination(changes);
    await using context = await this.openContext('create');
    const { catalog, environment } = context;
    const isAllowed = flags['create-destination'];
    if (isAsking) {
      const { askDestination } = await import('../../terminal/prompts/ask-destination.ts');
      Object.assign(given, await askDestination({ given, isChecked, isAllowed }, context));
    }
    const fields = newDestination(parseDestinationInput(given));
    refuseTaken(fields, environment.namedDestinations);
    refuseUnfit(fields);
    if (isChecked && !isAsking) refuseBrokenSecrets(fields, context);
    if (isAllowed || (isChecked && !isAsking)) {
      const settled = await settleDirectory(fields, context, { isAllowed });
      if (settled !== undefined) this.log(settled);
    }
    if (isChecked && !isAsking) this.log(await tryDestination(fields, context));
    const { name, place } = await catalog.destinations.add(fields);
    this.leftByInterruption = `The destination ${name} was stored.`;
    this.log(`Added the destination ${name}: ${place}`);
    this.log(`Store backups there: pgbak add --destination ${name}, or pgbak edit SERVER --destination ${name}`);
    for (const line of rulesInEffect({}, fields)) this.log(line);
    return { name, place };
  }
}
