import * as Flags from '@oclif/core/flags';
import { takeRunLock } from '../../catalog/run-lock.ts';
import { deleteDestination, findDestination, type DeletedDestination } from '../../monitor/change-destination.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { oneDestination } from '../../terminal/destination-flags.ts';

export default class DestinationDel extends BaseCommand {
  static override summary = 'Forget a destination; nothing is deleted in storage';
  static override description = `Refused while a server stores its backups there, and while backups are recorded in its place. With --forget, pgbak gives these up: it no longer lists, counts or prunes them. If you want them back: pgbak catalog rebuild --from PLACE

EXIT STATUS
  0   deleted
  2   wrong use or configuration
  75  a run is under way`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> nas',
    { description: 'Give up what is stored there', command: '<%= config.bin %> <%= command.id %> nas --forget' },
  ];
  static override args = oneDestination;
  static override flags = {
    forget: Flags.boolean({ description: 'give up the backups that are recorded there' }),
  };

  async run(): Promise<DeletedDestination> {
    const { args, flags } = await this.parse(DestinationDel);
    await using context = await this.openContext('change', { isInterruptible: false });
    await using _lock = await takeRunLock(context, { command: 'destination del' });
    const record = findDestination(args.destination, context, 'pgbak destination del nas');
    const deleted = await deleteDestination(record, flags.forget, context);
    const { name, place, forgotten } = deleted;
    this.log(`Deleted the destination ${name}. What is in ${place} stays there`);
    if (forgotten > 0) this.log(`Gave up ${forgotten} backups there`);
    return deleted;
  }
}
