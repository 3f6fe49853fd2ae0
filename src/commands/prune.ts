import * as Flags from '@oclif/core/flags';
import { prune, pruneRow, type PruneEntry, type PruneRow } from '../retention/prune.ts';
import { ownRulesInWords } from '../retention/own-rules.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcForAgesFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { configuredName } from '../server/cluster-part.ts';
import { findServers } from '../catalog/find-server.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { takeRunLock } from '../catalog/run-lock.ts';
import { pruneTable } from '../terminal/tables.ts';
import { tell, terminalWidth } from '../terminal/output.ts';
import { hasRules } from '../server/retention-rules.ts';
import { destinationsWithRules } from '../server/rules-at.ts';
import type { ServerRecord } from '../server/server.ts';
import { describeFailure, failureText, PgbakError } from '../core/errors.ts';
import { printableName, quoted } from '../core/printable.ts';

export default class Prune extends BaseCommand {
  static override summary = 'Remove the backups that no rule keeps';
  static override description = `Each server has its own rules: pgbak edit SERVER --keep-daily 7 --keep-weekly 4. --keep-last 3 keeps the newest 3 backups. --keep-daily 7 keeps the newest backup of each of the last 7 days that have one; hours, weeks, months and years likewise, all in UTC. --keep-within 14d keeps all of the last 14 days. A backup stays if one rule keeps it, as in restic. A server without rules keeps everything. A destination may have rules of its own, which then apply there in place of the server's: pgbak destination edit NAME --keep-monthly 12.

Some backups always stay: the newest good one, the newest verified one, and those that Object Lock holds. The only good copy of a backup stays while the rules of another destination of the server would keep it there. A failed or bad backup never takes the place of a good one. pgbak removes only what it stored itself for that server.

With B2_PRUNE_KEY_ID and B2_PRUNE_APP_KEY in the environment, that key removes. The key of the daily runs then needs no right to delete.

EXIT STATUS
  0   pruned, or nothing to remove
  1   at least one backup could not be removed, or storage did not answer
  2   wrong use or configuration
  75  a run is under way`;
  static override examples = [
    {
      description: 'See what would go, and which rule keeps the rest',
      command: '<%= config.bin %> <%= command.id %> shop --dry-run',
    },
    { description: 'All servers', command: '<%= config.bin %> <%= command.id %>' },
  ];
  static override args = anyServers;
  static override flags = {
    'dry-run': Flags.boolean({ description: 'only say what would be removed' }),
    wait: numberFlag({ unit: 'seconds', example: 600 })({
      description: 'wait so long for a run to end',
      helpValue: 'SECONDS',
      default: 0,
    }),
    ...utcForAgesFlag,
  };

  async run(): Promise<PruneRow[]> {
    const { args, flags } = await this.parse(Prune);
    await using context = await this.openContext(flags['dry-run'] ? 'read' : 'change');
    const { catalog } = context;
    const isDry = flags['dry-run'];
    const servers = await findServers(catalog, args.server);
    await using _lock = isDry ? undefined : await takeRunLock(context, { command: 'prune', waitMs: flags.wait * 1000 });
    const entries: PruneEntry[] = [];
    let isComplete = true;
    for (const server of servers) {
      try {
        entries.push(...(await prune(server, { isDry }, context)));
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof PgbakError)) throw error;
        isComplete = false;
        tell(`pgbak: ${server.name}: ${failureText(describeFailure(error, [], server))}`);
      }
    }
    const silent = entries.flatMap(({ name, action, backup, reasons }) =>
      action === 'unknown' ? [`${name}: ${backup.place} could not be asked: ${reasons.join(', ')}`] : [],
    );
    for (const line of new Set(silent)) tell(`pgbak: ${line}`);
    const isRuled = (server: ServerRecord) =>
      hasRules(server) || destinationsWithRules(server, context.environment).length > 0;
    for (const line of ownRulesInWords(entries, context.environment)) if (isDry) this.log(line);
    if (entries.length === 0 && !servers.some((server) => isRuled(server))) {
      const [only] = servers.length === 1 ? servers : [];
      const what = only === undefined ? 'No server has rules' : `${printableName(only.name)} has no rules`;
      const example = `pgbak edit ${only === undefined ? 'SERVER' : quoted(configuredName(only))} --keep-daily 7 --keep-weekly 4`;
      this.log(`${what}, so all backups are kept. To set rules: ${example}`);
    } else if (entries.length > 0) {
      const now = new Date();
      this.log(pruneTable(entries, isDry, now, terminalWidth(process.stdout)));
    }
    process.exitCode = !isComplete || entries.some(({ action }) => action === 'failed' || action === 'unknown') ? 1 : 0;
    return entries.map((entry) => pruneRow(entry));
  }
}
