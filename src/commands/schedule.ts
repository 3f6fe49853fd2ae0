import * as Flags from '@oclif/core/flags';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { BaseCommand } from '../terminal/base-command.ts';
import { crontabLine } from '../schedule/crontab.ts';
import { environmentFileText } from '../schedule/environment-file.ts';
import { changeCrontab, installEnvironmentFile, installUnits, removeUnits, unitFolder } from '../schedule/install.ts';
import { isPassing, thisInstallation } from '../schedule/installation.ts';
import { serviceUnit, timerUnit, writtenDirectories } from '../schedule/units.ts';
import { placeOf } from '../server/destination.ts';
import { directoryAt } from '../storage/place.ts';
import { ConfigError } from '../core/errors.ts';

const KINDS = ['cron', 'systemd'] as const;

export default class Schedule extends BaseCommand {
  static override summary = 'Start pgbak every hour by cron or systemd';
  static override description = `Once an hour is enough for every frequency: a run backs up only what is due.

Without flags, pgbak shows a crontab line and systemd units for this installation, and changes nothing. --install puts one of them in place: for your user, or as root for the whole system. Installing again changes nothing, and mends a line whose Node or pgbak is gone. Other entries are not touched.

Neither cron nor systemd knows the variables of your shell. So --install also writes those that are set now into a file that only you can read (mode 0600). If the file is there already, it adds what is missing.

EXIT STATUS
  0  done
  1  crontab or systemctl failed
  2  wrong use or configuration`;
  static override examples = [
    { description: 'See what would be installed', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'Let systemd start pgbak every hour',
      command: '<%= config.bin %> <%= command.id %> --install systemd',
    },
    { description: 'Take it out of cron again', command: '<%= config.bin %> <%= command.id %> --remove cron' },
  ];
  static override flags = {
    install: Flags.option({ options: KINDS, description: 'have it start pgbak from now on', exclusive: ['remove'] })(),
    remove: Flags.option({ options: KINDS, description: 'have it start pgbak no longer' })(),
  };

  async run(): Promise<{ crontab: string; service: string; timer: string; environmentFile: string; done: string[] }> {
    const { flags } = await this.parse(Schedule);
    await using context = await this.openContext(flags.install === undefined ? 'read or nothing' : 'read');
    const { catalog, environment } = context;
    const installation = thisInstallation(process.env);
    const servers = await catalog.servers.list();
    const places = servers.map((server) => placeOf(server, environment));
    const stores = places.flatMap((place) => directoryAt(place) ?? []);
    const temporary = [environment.temporaryDirectory ?? tmpdir(), tmpdir(), '/tmp', '/var/tmp'];
    const directories = writtenDirectories([dirname(catalog.path), ...stores, ...temporary]);
    const units = { service: serviceUnit(installation, { directories }), timer: timerUnit(installation) };
    const crontab = crontabLine(installation);

    const done: string[] = [];
    if (flags.install !== undefined) {
      if (isPassing(installation)) {
        throw new ConfigError(
          'this pgbak was started by npx, from a cache that npm clears',
          'Install it first: npm install -g --allow-scripts=better-sqlite3 pgbak',
        );
      }
      done.push(
        installEnvironmentFile(installation, environmentFileText(servers, { ...process.env, DB_PATH: catalog.path })),
      );
      if (flags.install === 'cron') done.push(await changeCrontab(installation, true, context.signal));
      else done.push(...(await installUnits(installation, units, context.signal)));
    } else if (flags.remove === 'cron') {
      done.push(await changeCrontab(installation, false, context.signal));
    } else if (flags.remove === 'systemd') {
      done.push(...(await removeUnits(installation, context.signal)));
    } else {
      this.logAsIs(
        [
          `# crontab -e (or: pgbak schedule --install cron)\n${crontab}\n`,
          `# ${unitFolder(installation)}/pgbak.service (or: pgbak schedule --install systemd)\n${units.service}`,
          `# ${unitFolder(installation)}/pgbak.timer\n${units.timer}`,
          `# Both read their variables from ${installation.environmentFile}, which --install writes with mode 0600.`,
        ].join('\n'),
      );
    }
    for (const sentence of done) this.log(sentence);
    return { crontab, ...units, environmentFile: installation.environmentFile, done };
  }
}
