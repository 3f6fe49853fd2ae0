import * as Flags from '@oclif/core/flags';
import { runBackups } from '../backup/run-backups.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { findConfigured } from '../catalog/find-server.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { openLog } from '../terminal/log.ts';
import { takeRunLock } from '../catalog/run-lock.ts';
import { terminalWidth } from '../terminal/output.ts';
import { outcomeRow, type RunDocument } from '../backup/outcome.ts';
import { exitCodeOf, runSummary } from '../terminal/run-summary.ts';
import { FORMATS, parseCompression } from '../core/archive-format.ts';
import { ConfigError } from '../core/errors.ts';
import { compressionProblem } from '../server/settings.ts';
import { quoted } from '../core/printable.ts';

export default class Run extends BaseCommand {
  static override summary = 'Back up what is due';
  static override description = `cron or systemd start this every hour. A server is due when its frequency has passed since its last good backup, and at every run after a failure. --force backs up at once.

Progress goes to standard error, the result to standard output.

EXIT STATUS
  0    every backup succeeded, or none was due
  1    at least one backup failed
  2    wrong use or configuration
  75   another run is under way
  130  interrupted (143 after SIGTERM)`;
  static override examples = [
    { description: 'What cron runs', command: '<%= config.bin %> <%= command.id %> --quiet' },
    { description: 'All servers, now', command: '<%= config.bin %> <%= command.id %> --force' },
    {
      description: 'Two servers, now',
      command: '<%= config.bin %> <%= command.id %> shop crm --force',
    },
    {
      description: 'Accept that a backup became much larger or smaller',
      command: '<%= config.bin %> <%= command.id %> shop --force --accept-size',
    },
  ];
  static override args = anyServers;
  static override flags = {
    force: Flags.boolean({ description: 'back up at once, even what is not due' }),
    server: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'the same as naming the server without a flag (repeatable)',
      helpValue: 'SERVER',
    }),
    format: Flags.option({ options: FORMATS, description: 'dump in this format this time' })(),
    compression: Flags.string({ description: 'compress like this this time, such as zstd:3', helpValue: 'METHOD' }),
    'accept-size': Flags.boolean({ description: 'accept a suspicious change of size, this time' }),
    'dry-run': Flags.boolean({ description: 'only say what would be done' }),
    quiet: Flags.boolean({ char: 'q', description: 'print only what went wrong' }),
    jobs: numberFlag({ example: 4, least: 1, most: 64 })({
      description: 'how many databases to back up at the same time; without it, as many as --jobs-per-host',
      helpValue: 'N',
    }),
    'jobs-per-host': numberFlag({ example: 2, least: 1 })({
      description: 'how many of them on the same database host',
      helpValue: 'N',
      default: 1,
    }),
    wait: numberFlag({ unit: 'seconds', example: 600 })({
      description: 'wait so long for another run to end',
      helpValue: 'SECONDS',
      default: 0,
    }),
    ...utcFlag,
  };

  async run(): Promise<RunDocument> {
    const { args, flags } = await this.parse(Run);
    if (flags.compression !== undefined) parseCompression(flags.compression);
    await using context = await this.openContext('change');
    await using log = await openLog(context.environment, { isQuiet: flags.quiet, isJson: this.jsonEnabled() });
    const { catalog } = context;
    const named = [...(args.server ?? []), ...(flags.server ?? [])];
    const servers = await findConfigured(catalog, named);
    // With a wrong DB_PATH, an hourly silence would look like success.
    if (servers.length === 0) {
      throw new ConfigError(`there are no servers in the catalogue ${catalog.path}`, 'Add one: pgbak add');
    }

    for (const { name, format } of servers) {
      const problem = compressionProblem(flags, flags.format ?? format);
      if (problem !== undefined) throw problem.about(name);
    }

    const command = ['run', ...(named.length === 0 ? [] : servers.map(({ name }) => quoted(name)))].join(' ');
    await using _lock = flags['dry-run']
      ? undefined
      : await takeRunLock(context, { command, waitMs: flags.wait * 1000 });
    const request = {
      servers,
      force: flags.force,
      acceptSize: flags['accept-size'],
      dryRun: flags['dry-run'],
      jobs: flags.jobs ?? flags['jobs-per-host'],
      jobsPerHost: flags['jobs-per-host'],
      overrides: { format: flags.format, compression: flags.compression },
    };
    const outcomes = await runBackups(request, { ...context, report: log.report });
    const text = runSummary(outcomes, {
      isComplete: flags['dry-run'] || named.length > 0,
      isTold: !flags['dry-run'],
      isAbove: process.stderr.isTTY,
      now: context.clock.now(),
      width: terminalWidth(process.stdout),
    });
    if (text !== undefined && !flags.quiet) this.log(text);
    process.exitCode = exitCodeOf(outcomes, context.signal);
    return { results: outcomes.map((outcome) => outcomeRow(outcome)) };
  }
}
