import * as Flags from '@oclif/core/flags';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { BaseCommand } from '../terminal/base-command.ts';
import { installSchedule, removeSchedule, SCHEDULERS, type Scheduler } from '../schedule/change-schedule.ts';
import { crontabLine } from '../schedule/crontab.ts';
import { environmentFileText } from '../schedule/environment-file.ts';
import { installEnvironmentFile, unitFolder } from '../schedule/install.ts';
import { isPassing, thisInstallation } from '../schedule/installation.ts';
import { serviceUnit, timerUnit, writtenDirectories } from '../schedule/units.ts';
import { knownPlacesOf } from '../server/destination.ts';
import { directoryAt } from '../storage/place.ts';
import { ConfigError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { promptContext } from '../system/interruption.ts';
import { canAsk } from '../terminal/output.ts';

/** The document of `schedule --json`. */
export interface ScheduleDocument {
  /** The line for a crontab. */
  crontab: string;
  /** The texts of both units. */
  service: string;
  timer: string;
  environmentFile: string;
  /** A sentence for each thing that was done. */
  done: string[];
}

export default class Schedule extends BaseCommand {
  static override summary = 'Start pgbak every hour by cron or systemd';
  static override description = `Once an hour is enough for every frequency: a run backs up only what is due.

Without flags, pgbak shows a crontab line and systemd units for this installation, and changes nothing. --install puts one of them in place: for your user, or as root for the whole system. Installing again changes nothing, and mends a line whose Node or pgbak is gone. Other entries are not touched. If the other one of the two starts pgbak already, pgbak asks whether to replace it.

Neither cron nor systemd knows the variables of your shell. So --install also writes those that are set now into a file that only you can read (mode 0600). If the file is there already, it adds what is missing.

EXIT STATUS
  0  done
  1  crontab or systemctl failed; pgbak says what stays in place
  2  wrong use or configuration, or the other one starts pgbak already`;
  static override examples = [
    { description: 'See what would be installed', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'Let systemd start pgbak every hour',
      command: '<%= config.bin %> <%= command.id %> --install systemd',
    },
    { description: 'Take it out of cron again', command: '<%= config.bin %> <%= command.id %> --remove cron' },
  ];
  static override flags = {
    install: Flags.option({
      options: SCHEDULERS,
      description: 'have it start pgbak from now on',
      exclusive: ['remove'],
    })(),
    replace: Flags.boolean({
      description: 'with --install: take the other one out, if it starts pgbak already',
      dependsOn: ['install'],
    }),
    remove: Flags.option({ options: SCHEDULERS, description: 'have it start pgbak no longer' })(),
  };

  async run(): Promise<ScheduleDocument> {
    const { flags } = await this.parse(Schedule);
    await using context = await this.openContext(flags.install === undefined ? 'read or nothing' : 'read');
    const { catalog, environment } = context;
    const installation = thisInstallation(process.env);
    const servers = await catalog.servers.list();
    const places = servers.flatMap((server) => knownPlacesOf(server, environment));
    const stores = [...new Set(places)].flatMap((place) => directoryAt(place) ?? []);
    const temporary = [environment.temporaryDirectory ?? tmpdir(), tmpdir(), '/tmp', '/var/tmp'];
    const directories = writtenDirectories([dirname(catalog.path), ...stores, ...temporary]);
    const units = { service: serviceUnit(installation, { directories }), timer: timerUnit(installation) };
    const crontab = crontabLine(installation);

    const done: string[] = [];
    const say = (sentence: string) => {
      done.push(sentence);
      this.log(sentence);
    };
    const { signal } = context;
    if (flags.install !== undefined) {
      if (isPassing(installation)) {
        throw new ConfigError(
          'this pgbak was started by npx, from a cache that npm clears',
          'Install it first: npm install -g --allow-scripts=better-sqlite3 pgbak',
        );
      }
      const scheduler = flags.install;
      const mayReplace = async (what: string) => flags.replace || (await this.askToReplace(what, scheduler));
      const variables = environmentFileText(servers, environment.namedDestinations, {
        ...process.env,
        DB_PATH: catalog.path,
      });
      await installSchedule({ scheduler, installation, units, mayReplace, say, signal }, () =>
        say(installEnvironmentFile(installation, variables)),
      );
    } else if (flags.remove !== undefined) {
      await removeSchedule(flags.remove, installation, say, signal);
    } else {
      this.logAsIs(
        [
          `# For cron, a line for crontab -e:\n${crontab}\n`,
          `# For systemd, ${unitFolder(installation)}/pgbak.service:\n${units.service}`,
          `# For systemd, ${unitFolder(installation)}/pgbak.timer:\n${units.timer}`,
          '# Both read their variables from a file that --install',
          `# writes with mode 0600:\n# ${installation.environmentFile}\n`,
          'Nothing was changed. To install:',
          '  pgbak schedule --install cron',
          '  pgbak schedule --install systemd',
        ].join('\n'),
      );
    }
    return { crontab, ...units, environmentFile: installation.environmentFile, done };
  }

  /** Asks whether to replace the scheduler that starts pgbak already; without a terminal it says how. */
  private async askToReplace(what: string, scheduler: Scheduler): Promise<boolean> {
    if (!canAsk(this.jsonEnabled())) {
      throw new ConfigError(
        `${what} starts pgbak already; nothing was changed`,
        `To replace it: pgbak schedule --install ${scheduler} --replace`,
      );
    }
    const { confirm } = await import('@inquirer/prompts');
    const message = `${what} starts pgbak already. Let ${scheduler} do so in its place?`;
    return await confirm({ message: printable(message), default: true }, promptContext());
  }
}
