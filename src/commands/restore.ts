import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { shownZone, utcFlag } from '../terminal/utc.ts';
import { oneServer } from '../terminal/server-arguments.ts';
import { formatInstant } from '../core/format.ts';
import {
  askPassword,
  confirmReplacement,
  confirmUnencrypted,
  passwordGiven,
} from '../terminal/prompts/restore-questions.ts';
import { canAsk } from '../terminal/output.ts';
import { passwordsOf } from '../restore/archive-passwords.ts';
import { ownConnection } from '../restore/target-server.ts';
import { openTarget } from '../restore/open-target.ts';
import type { Context } from '../core/context.ts';
import { chooseServer } from '../terminal/prompts/choose-server.ts';
import {
  dumpPartsFrom,
  loadFlags,
  archiveFlags,
  INTO_A_DATABASE,
  nowhereToRestore,
  partFlags,
  refuseBareName,
  refusePartInFile,
  refuseUnusableOutput,
  STDOUT,
  targetFlags,
} from '../terminal/restore-flags.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS } from '../server/storage-at.ts';
import { restoredLine, showRestore, type RestoreProgress } from '../terminal/restore-progress.ts';
import { resolveReference } from '../server/reference.ts';
import { leftUntouched } from '../restore/left-behind.ts';
import { Secret } from '../core/secret.ts';
import { isRoles, type ServerRecord } from '../server/server.ts';
import type { ClusterRestoreDocument } from '../terminal/cluster-restore.ts';
import { aboutServer } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { parseConnection, type Connection } from '../postgres/connection.ts';
import { otherWords } from '../terminal/typed-again.ts';
import { describePoint, findPoint, serverOfId, type RestorePoint } from '../restore/choose-point.ts';
import { restore, type RestoreDocument, type Target } from '../restore/restore.ts';

const INTERRUPTED = 'The database at work is as before. What was restored before it is there.';
const ALL_OF_IT = ' --to URL\nOr restore all of them: --all-databases --to postgresql://postgres@localhost/postgres';

type Parsed = Awaited<ReturnType<Restore['parseFlags']>>;
type RestoreFlags = Parsed['flags'];

export default class Restore extends BaseCommand {
  static override summary = 'Restore a backup into a database or a file';
  static override description = `pgbak fetches the archive, compares its checksums, and only then opens it.

A database gets all of the backup or nothing. It must hold no tables, unless --clean says to replace them, or --create to make a new database. A file gets its name when it is whole.

EXIT STATUS
  0  restored
  1  the backup could not be fetched, read or loaded; the target is as before
  2  wrong use or configuration`;
  static override examples = [
    {
      description: 'The last backup, into a new database',
      command: '<%= config.bin %> <%= command.id %> shop --create --to postgresql://postgres@localhost/restored',
    },
    {
      description: 'As it was on Monday morning, as a file for psql',
      command: '<%= config.bin %> <%= command.id %> shop --at 2026-11-23T08:00Z --output shop.sql',
    },
    {
      description: 'One table of a binary backup, beside what is there',
      command: '<%= config.bin %> <%= command.id %> shop --table customer --to postgresql://postgres@localhost/shop',
    },
    {
      description: 'A whole cluster: its roles, and every database',
      command: '<%= config.bin %> <%= command.id %> main --all-databases --to postgresql://postgres@localhost/postgres',
    },
  ];
  static override args = oneServer;
  static override flags = {
    at: Flags.string({
      description:
        'latest (without --at), the id of a backup, or a time, such as 10:15 or "yesterday 10:15": the last backup begun by then',
      helpValue: 'WHEN',
    }),
    ...targetFlags,
    ...loadFlags,
    yes: Flags.boolean({ helpGroup: INTO_A_DATABASE, char: 'y', description: 'do not ask; the answer is yes' }),
    ...archiveFlags,
    ...partFlags,
    ...utcFlag,
  };

  private parseFlags() {
    return this.parse(Restore);
  }

  protected override leftByInterruption: string | undefined = 'Nothing was restored.';

  async run(): Promise<RestoreDocument | ClusterRestoreDocument> {
    const { args, flags, raw } = await this.parseFlags();
    const isJson = this.jsonEnabled();
    const isAsking = flags.to === undefined && flags.output === undefined && !flags.stdout;
    refuseUnusableOutput(flags, isJson);
    if (args.server === undefined) refuseBareName(flags.to);
    await using context = await this.openContext('read');
    if (isAsking && args.server === undefined && !canAsk(isJson)) throw nowhereToRestore('shop', 'shop.sql');
    const server = await chooseServer(context.catalog, {
      idOrName: args.server ?? (await serverOfId(flags.at, context)),
      question: 'Restore which server?',
      usage: 'pgbak restore shop --to URL',
      isJson,
      isAbout: flags['all-databases'] ? { server: 'restore' } : { backup: 'restore', instead: ALL_OF_IT },
    });
    if (flags['all-databases'] || (isRoles(server) && !flags.stdout && flags.output === undefined)) {
      this.leftByInterruption = INTERRUPTED;
      const { restoreCommand } = await import('../terminal/cluster-restore.ts');
      const { document, text, exitCode } = await restoreCommand(server, flags, isJson, context);
      this.log(text);
      process.exitCode = exitCode;
      return document;
    }
    if (isAsking && !canAsk(isJson)) throw nowhereToRestore(quoted(server.name), quoted(`${server.name}.sql`));
    refuseBareName(flags.to, () => ownConnection(server, context));
    return await aboutServer(server, async () => await this.restore(server, { flags, raw, isAsking }, context));
  }

  private async restore(
    server: ServerRecord,
    { flags, raw, isAsking }: Pick<Parsed, 'flags' | 'raw'> & { isAsking: boolean },
    context: Context,
  ): Promise<RestoreDocument> {
    const isJson = this.jsonEnabled();
    const point =
      isAsking && flags.at === undefined
        ? await (await import('../terminal/prompts/ask-point.ts')).askPoint(server, context)
        : await findPoint(server, flags.at ?? 'latest', context);
    const given = await passwordGiven(flags['archive-password'], context.environment, isJson);

    await using progress = await showRestore();
    const { target, typed } = await this.target(flags, { server, point, isAsking }, progress, context);
    if (target.kind !== 'database') await progress.announce([describePoint(point, context)]);
    const patience = process.stderr.isTTY ? { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS } : {};
    const known = passwordsOf(server, context.environment, given);
    const mayAsk = canAsk(isJson) && (given === undefined || flags['archive-password'] === '-');
    let isPasswordTyped = false;
    const ask = () => {
      isPasswordTyped = true;
      return askPassword();
    };
    const passwords = mayAsk
      ? { ...known, ask: progress.asking(ask, 'opening the archive with that password') }
      : known;
    const into = [...(typed ?? []).map((word) => quoted(word)), ...otherWords(raw, typed === undefined)].join(' ');
    const request = {
      server,
      point,
      passwords,
      target,
      allowsUnencrypted: flags['allow-unencrypted'],
      from: flags.from,
      ...patience,
      asTyped: `restore ${quoted(server.name)} --at ${point.backupId} ${into}`,
      ...(canAsk(isJson) ? { confirmUnencrypted: progress.asking(confirmUnencrypted, 'reading the archive') } : {}),
    };
    const { dumpBytes, part } = await restore(request, { ...context, report: progress.report });
    progress.finish();
    if (target.kind !== 'stream') {
      const made = formatInstant(point.startedAt, { zone: shownZone() });
      const where = target.kind === 'file' ? target.path : target.label;
      this.log(
        restoredLine(`backup ${point.backupId} of ${server.name}, made ${made}, into ${where}`, dumpBytes, part),
      );
    }
    if (typed !== undefined) {
      const words = [quoted(server.name), '--at', String(point.backupId), ...typed.map((word) => quoted(word))];
      if (isPasswordTyped && flags['archive-password'] === undefined) words.push('--archive-password', '-');
      this.log('\nThe same without questions:');
      this.logAsIs(`  pgbak restore ${[...words, ...otherWords(raw)].join(' ')}`);
    }
    return {
      backupId: point.backupId,
      server: server.name,
      dumpBytes,
      tables: part?.tableCount ?? null,
      rows: part?.rowCount ?? null,
    };
  }

  /** Where to restore to; with what a person would have typed for it, where it was asked. */
  private async target(
    flags: RestoreFlags,
    { server, point, isAsking }: { server: ServerRecord; point: RestorePoint; isAsking: boolean },
    progress: RestoreProgress,
    context: Context,
  ): Promise<{ target: Target; typed?: string[] }> {
    const { create, clean, globals, jobs, yes } = flags;
    const common = {
      globals,
      jobs,
      lockWaitSeconds: flags['lock-wait-sec'] ?? server.lockWaitSeconds,
      onWait: (message: string) => progress.report({ type: 'note', message }),
      parts: dumpPartsFrom(flags),
      maintenanceDatabase: flags['maintenance-db'],
      analyze: !flags['no-analyze'],
    };
    if (isAsking) {
      const { askGoal, confirmPlan } = await import('../terminal/prompts/ask-goal.ts');
      const open = (connection: Connection, means: { create: boolean; clean: boolean }) =>
        openTarget(connection, point, { ...common, ...means }, context);
      const goal = await askGoal({ server, point, given: { create, clean }, open }, context);
      const typed = goal.flags;
      if (goal.kind === 'file') {
        refusePartInFile(flags, point);
        if (!yes) await confirmPlan([`${describePoint(point, context)}, into the file ${goal.path}`]);
        return { target: { kind: 'file', path: goal.path }, typed };
      }
      const { target, database, plan } = goal.opened;
      this.leftByInterruption = leftUntouched(target);
      if (yes) await progress.announce(plan);
      else if (goal.isReplaced) await confirmReplacement(database, plan, false);
      else await confirmPlan(plan);
      return { target, typed: goal.isReplaced && !yes ? [...typed, '--yes'] : typed };
    }
    if (flags.to === undefined) refusePartInFile(flags, point);
    if (flags.output !== undefined && flags.output !== STDOUT) {
      return { target: { kind: 'file', path: resolve(flags.output) } };
    }
    if (flags.to === undefined) return { target: { kind: 'stream', sink: process.stdout } };
    const named = parseConnection(resolveReference(new Secret(flags.to), '--to', context.environment.variable));
    const { target, database, plan } = await openTarget(named, point, { ...common, create, clean }, context);
    this.leftByInterruption = leftUntouched(target);
    if (clean && !yes) await confirmReplacement(database, plan, this.jsonEnabled());
    else await progress.announce(plan);
    return { target };
  }
}
