import * as Flags from '@oclif/core/flags';
import { DUMPED, LIMITS, STORAGE } from '../server/flag-groups.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { oneServer } from '../terminal/server-arguments.ts';
import { chooseServer } from '../terminal/prompts/choose-server.ts';
import { canAsk } from '../terminal/output.ts';
import { fillIn } from '../terminal/prompts/fill-in.ts';
import { typedPasswords } from '../terminal/prompts/type-passwords.ts';
import { storeEdit } from '../monitor/store-server.ts';
import { forgetDatabases } from '../monitor/forget-databases.ts';
import { neededTries } from '../monitor/try-server.ts';
import { serverFlags } from '../terminal/server-flags.ts';
import { serverInputFrom } from '../server/server-input.ts';
import { settleDestination } from '../monitor/lost-directory.ts';
import type { EditReport } from '../monitor/edit-report.ts';
import { refuseBrokenReferences } from '../server/check-references.ts';
import { changedServer, keepingEarlier, parseServerInput, refuseClash } from '../server/server-form.ts';
import { isMendedByItself, refuseUnmended, type ServerInput, type ServerRecord } from '../server/server.ts';
import { refuseCompression } from '../server/settings.ts';
import type { Context } from '../core/context.ts';
import { aboutServer, ConfigError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { editCommand } from '../core/server-hint.ts';

export default class Edit extends BaseCommand {
  protected override readonly takesEmptyValues = true;
  static override summary = 'Change the settings of a server';
  static override description = `With flags, pgbak changes only what they name. Without any, it shows the settings on a terminal and lets you change them.

An empty text takes an optional setting away, or empties a list: --archive-password '', --exclude-table ''

A changed connection or storage is tried before it is stored. So is the database when other things are to be dumped.

EXIT STATUS
  0  stored
  1  the database or the storage could not be reached
  2  wrong use or configuration`;
  static override examples = [
    { description: 'See the settings and change them', command: '<%= config.bin %> <%= command.id %> shop' },
    { description: 'Back up every 6 hours', command: '<%= config.bin %> <%= command.id %> shop --frequency-hrs 6' },
    {
      description: 'Leave the rows of some tables out',
      command: "<%= config.bin %> <%= command.id %> shop --exclude-table-data 'public.audit_*'",
    },
  ];
  static override args = oneServer;
  static override flags = {
    ...serverFlags,
    'forget-database': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'of a whole cluster: it was meant that this database is gone; its backups stay (repeatable)',
      helpValue: 'NAME',
      helpGroup: DUMPED,
    }),
    'no-check': Flags.boolean({
      description: 'store it without trying the database and the storage',
      helpGroup: LIMITS,
    }),
    'create-destination': Flags.boolean({
      description: 'make the directory of --destination; where one is there already, take it as the right one',
      helpGroup: STORAGE,
    }),
  };

  protected override leftByInterruption: string | undefined = 'Nothing was changed.';

  async run(): Promise<EditReport> {
    const { args, flags } = await this.parse(Edit);
    const given = await typedPasswords(serverInputFrom(flags), this.jsonEnabled());
    const mayCreate = flags['create-destination'];
    parseServerInput(given);
    await using context = await this.openContext('change');
    const isJson = this.jsonEnabled();
    const choice = {
      idOrName: args.server,
      question: 'Edit which server?',
      usage: 'pgbak edit shop',
      isJson,
      isAbout: { server: 'edit' },
    };
    const today = await chooseServer(context.catalog, choice);
    const gone = flags['forget-database'] ?? [];
    for (const line of await forgetDatabases(today, gone, context)) this.log(line);
    if (gone.length > 0 && !mayCreate && Object.keys(given).length === 0)
      return { id: today.id, name: today.name, changes: [] };
    return await aboutServer(
      today.name,
      async () => await this.change(today, { given, mayCreate, isChecked: !flags['no-check'] }, context),
    );
  }

  private async change(
    today: ServerRecord,
    { given, mayCreate, isChecked }: { given: ServerInput; mayCreate: boolean; isChecked: boolean },
    context: Context,
  ): Promise<EditReport> {
    const { catalog, environment } = context;
    const isJson = this.jsonEnabled();
    const isGiven = mayCreate || Object.keys(given).length > 0;
    const isAsking = !isGiven && canAsk(isJson);
    if (!isGiven && !isAsking && !isMendedByItself(today)) {
      throw new ConfigError('nothing to change was given', `For example: ${editCommand('--frequency-hrs 6')}`);
    }

    const countStored = async () => (await catalog.backups.inStorage(today.id)).length;
    const input = isAsking
      ? await fillIn({ given, today, isChecked, mayCreate, storedCount: await countStored() }, context)
      : given;
    if (isGiven && isPasswordReplaced(input) && canAsk(isJson)) {
      const { offerToKeep } = await import('../terminal/prompts/ask-password.ts');
      await offerToKeep(input, { today, storedCount: await countStored(), environment });
    }
    const changes = parseServerInput(keepingEarlier(input, today));
    refuseUnmended(today, changes);
    if (!isAsking) refuseCompression(changes, changes.format ?? today.format);
    if (isChecked && !isAsking) refuseBrokenReferences(changes, environment);
    const fields = changedServer(today, changes);
    const others = await catalog.servers.besides(today.id);
    refuseClash(fields, others, environment);
    const isMoved = 'destinations' in changes;
    let settled: string | undefined;
    if (mayCreate || (isMoved && isChecked && !isAsking)) {
      settled = await settleDestination(fields, context, { isAllowed: mayCreate });
      if (settled !== undefined) this.log(settled);
    }
    for (const { run } of isChecked && !isAsking ? neededTries(fields, changes, context) : []) {
      const found = await run();
      if (found !== '') this.log(found);
    }
    const { report, warnings, lines } = await storeEdit({ today, changes, fields }, context);
    this.leftByInterruption = `The new settings of ${fields.name} were stored.`;
    for (const warning of warnings) {
      context.report({ type: 'warning', server: fields.name, message: `warning: ${warning}` });
    }
    if (settled !== undefined && report.changes.length === 0)
      this.log(`To back up now: pgbak run ${quoted(fields.name)}`);
    else for (const line of lines) this.log(line);
    return report;
  }
}

/** Whether flags give another archive password, and do not say what becomes of the present one. */
function isPasswordReplaced({ archivePassword, earlierArchivePasswords }: ServerInput): boolean {
  return archivePassword !== undefined && earlierArchivePasswords === undefined;
}
