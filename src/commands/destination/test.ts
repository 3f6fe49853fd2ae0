import { findDestination } from '../../monitor/change-destination.ts';
import { testDestination, type TestedDestination } from '../../monitor/try-destination.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { oneDestination } from '../../terminal/destination-flags.ts';

export default class DestinationTest extends BaseCommand {
  static override summary = 'Store a small object in a destination, read it back and remove it';
  static override description = `Tells what the credentials may not do. A key that may not remove is no failure: the small object then stays, and pgbak names it.

EXIT STATUS
  0  the object was stored and read back
  1  it was not
  2  wrong use or configuration`;
  static override examples = ['<%= config.bin %> <%= command.id %> offsite'];
  static override args = oneDestination;

  async run(): Promise<TestedDestination> {
    const { args } = await this.parse(DestinationTest);
    await using context = await this.openContext('change');
    const record = findDestination(args.destination, context, 'pgbak destination test nas');
    const tested = await testDestination(record, context);
    const { name, place, stored, readBack, removed, limits, error } = tested;
    const done = [
      ...(stored === true ? ['took a small object'] : []),
      ...(readBack === true ? ['gave it back as it was'] : []),
      ...(removed === true ? ['removed it'] : []),
    ];
    if (done.length > 0) this.log(`${name}: ${place} ${done.join(', ')}`);
    for (const limit of limits) this.log(`With these credentials, ${limit}`);
    if (error !== null) {
      this.log(`${name}: ${error}`);
      process.exitCode = 1;
    }
    return tested;
  }
}
