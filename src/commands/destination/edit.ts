import type { Context } from '../../core/context.ts';
import { ConfigError } from '../../core/errors.ts';
import {
  findDestination,
  refuseMixing,
  refuseUnmendedDestination,
  rulesInEffect,
  storeDestinationEdit,
} from '../../monitor/change-destination.ts';
import { refuseBrokenSecrets, settleDirectory } from '../../monitor/settle-destination.ts';
import { tryDestination } from '../../monitor/try-destination.ts';
import type { SettingChange } from '../../server/changes.ts';
import { destinationChangeLines, destinationChanges } from '../../server/destination-changes.ts';
import {
  destinationInputFrom,
  parseDestinationInput,
  refuseTaken,
  refuseUnfit,
} from '../../server/destination-form.ts';
import type { DestinationFields, DestinationInput, DestinationRecord } from '../../server/destination-record.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { basicFlags, oneDestination, settingFlags, storeFlags } from '../../terminal/destination-flags.ts';
import { canAsk } from '../../terminal/output.ts';

/** What `destination edit` did. */
export interface EditedDestination {
  name: string;
  place: string;
  changes: SettingChange[];
}

interface Wanted {
  given: DestinationInput;
  isChecked: boolean;
  isAllowed: boolean;
}

export default class DestinationEdit extends BaseCommand {
  protected override readonly takesEmptyValues = true;
  static override summary = 'Change the name, the place, the keys or the rules of a destination';
  static override description = `With flags, pgbak changes only what they name. Without any, it asks on a terminal. Servers that refer to the destination follow a new name.

An empty text takes a setting away: --b2-key-id ''. The place can be changed while no backup is recorded there, and where a directory was moved.

EXIT STATUS
  0  stored
  1  the place could not be reached
  2  wrong use or configuration`;
  static override examples = [
    { description: 'Be asked', command: '<%= config.bin %> <%= command.id %> offsite' },
    {
      description: 'Another key',
      command:
        '<%= config.bin %> <%= command.id %> offsite --b2-key-id 0045f0571db506a0000000009 --b2-app-key file:/etc/pgbak/b2',
    },
    {
      description: 'Keep more there than the rules of the servers say',
      command: '<%= config.bin %> <%= command.id %> offsite --keep-daily 30 --keep-monthly 24',
    },
    {
      description: 'A key that may delete, for prune alone',
      command:
        '<%= config.bin %> <%= command.id %> offsite --b2-prune-key-id 0045f0571db506a0000000008 --b2-prune-app-key file:/etc/pgbak/prune',
    },
  ];
  static override args = oneDestination;
  static override flags = { ...basicFlags, ...settingFlags, ...storeFlags };

  protected override leftByInterruption: string | undefined = 'Nothing was changed.';

  async run(): Promise<EditedDestination> {
    const { args, flags } = await this.parse(DestinationEdit);
    const given = destinationInputFrom(flags);
    parseDestinationInput(given);
    await using context = await this.openContext('change');
    const today = findDestination(args.destination, context, 'pgbak destination edit nas');
    const isChecked = !flags['no-check'];
    return await this.change(today, { given, isChecked, isAllowed: flags['create-destination'] }, context);
  }

  private async change(
    today: DestinationRecord,
    { given, isChecked, isAllowed }: Wanted,
    context: Context,
  ): Promise<EditedDestination> {
    const isGiven = isAllowed || Object.keys(given).length > 0;
    const isAsking = !isGiven && canAsk(this.jsonEnabled());
    if (!isGiven && !isAsking) {
      throw new ConfigError(
        'nothing to change was given',
        `For example: pgbak destination edit ${today.name} --name home`,
      );
    }
    if (isAsking) {
      const { askDestination } = await import('../../terminal/prompts/ask-destination.ts');
      Object.assign(given, await askDestination({ given, today, isChecked, isAllowed }, context));
    }
    const changes = parseDestinationInput(given);
    refuseUnmendedDestination(today, changes);
    const { id, unreadable: _unreadable, ...before } = today;
    const fields: DestinationFields = { ...before, ...changes };
    refuseTaken(
      fields,
      context.environment.namedDestinations.filter((one) => one.id !== id),
    );
    refuseUnfit(fields);
    await refuseMixing(today, fields, context);
    if (isChecked && !isAsking) refuseBrokenSecrets(changes, context);
    if (isAllowed || (isChecked && !isAsking && fields.place !== today.place)) {
      const settled = await settleDirectory(fields, context, { isAllowed });
      if (settled !== undefined) this.log(settled);
    }
    const isTried = isChecked && !isAsking && Object.keys(changes).some((name) => name !== 'name');
    if (isTried) this.log(await tryDestination(fields, context));
    for (const line of await storeDestinationEdit(today, fields, context)) this.log(line);
    const { name, place } = fields;
    this.leftByInterruption = `The new settings of ${name} were stored.`;
    const lines = destinationChangeLines(today, fields);
    this.log(lines.length === 0 ? `${name}: nothing was changed` : lines.join('\n'));
    for (const line of rulesInEffect(today, fields)) this.log(line);
    return { name, place, changes: destinationChanges(today, fields) };
  }
}
