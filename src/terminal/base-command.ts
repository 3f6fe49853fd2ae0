import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import type { CatalogUse } from '../catalog/open-catalog.ts';
import { openContext } from '../catalog/open-context.ts';
import type { Context } from '../core/context.ts';
import type { Zones } from '../core/time-zone.ts';
import { describeFailure, InterruptedError, machineHint, PgbakError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { closedPrompt, expectReader, painted, printJson, showsStacks, tell, tellEvent, wrapped } from './output.ts';
import { shownZone, typedZone, useUtc } from './utc.ts';
import { refuseEmptyValues, refuseSwitchValues } from './command-line.ts';
import { usageMessage, type MistypedCommand } from './usage-errors.ts';

/** What every command prints with `--json` where it fails as a whole. */
export interface ErrorDocument {
  error: ErrorReport;
}

interface ErrorReport {
  /** The kind of error: `ConfigError`, `UsageError`, `StorageError` and so on. */
  name: string;
  /** What is wrong, and where. */
  message: string;
  /** What to do next; null where there is nothing to say. */
  hint: string | null;
  /** The exit status of the process. */
  exitCode: number;
}

/** What all commands share: `--json`, and the one place where an error becomes a message and an exit status. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    json: Flags.boolean({ description: 'print the result as JSON, and nothing else', helpGroup: 'OUTPUT' }),
  };
  /** Whether the command only shows something, so that a reader like `head -1` may leave early. */
  protected readonly onlyShows: boolean = false;
  /** Whether an empty text is a value, as in `edit`, where it clears a setting. */
  protected readonly takesEmptyValues: boolean = false;
  /** What an interruption leaves now, for the user. */
  protected leftByInterruption: string | undefined;

  override async init(): Promise<void> {
    await super.init();
    if (!this.onlyShows) expectReader();
  }

  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    refuseSwitchValues(argv ?? this.argv, options?.flags ?? this.ctor.flags);
    const parsed = await super.parse(options, argv);
    if (!this.takesEmptyValues) refuseEmptyValues(parsed);
    if (parsed.flags['utc'] === true) useUtc();
    return parsed;
  }

  /** Opens what the command works with. A command that is not interruptible is ended at once by a signal. */
  protected async openContext(
    use: CatalogUse,
    { isInterruptible = true }: { isInterruptible?: boolean } = {},
  ): Promise<Context & AsyncDisposable> {
    const { version } = this.config;
    return await openContext({ use, version, report: tellEvent, zones: this.zones(), isInterruptible });
  }

  /** The zones of typed times, and of times in messages. */
  protected zones(): Zones {
    return { typed: typedZone(), shown: this.jsonEnabled() ? 'utc' : shownZone(process.stderr) };
  }

  override logJson(json: unknown): void {
    printJson(json);
  }

  /** Prints lines for people, unless they asked for JSON: wrapped on a terminal. Makes names from outside harmless. */
  override log(message = ''): void {
    this.logAsIs(wrapped(painted(message), process.stdout));
  }

  /** The same for what is to be copied: a line break in a command or a file would break it. */
  protected logAsIs(message: string): void {
    if (!this.jsonEnabled()) process.stdout.write(`${painted(message)}\n`);
  }

  /** Prints errors field by field: a foreign error may hold a command line or a header with a secret. */
  protected override async catch(error: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<void> {
    const known = closedPrompt(error) ?? error;
    const isBare = known instanceof InterruptedError && known.hint === undefined;
    const report = reportOf(isBare ? known.leaving(this.leftByInterruption) : known, this.ctor);
    if (this.jsonEnabled()) {
      const document: ErrorDocument = { error: report };
      this.logJson(document);
    } else {
      const hint = report.hint === null ? '' : `\n${report.hint}`;
      process.stderr.write(`${wrapped(printable(`pgbak: ${report.message}${hint}`))}\n`);
    }
    // Only faults of pgbak: a parser's error repeats what was typed.
    if (report.name === 'UnexpectedError' && showsStacks()) tell(String(error.stack));
    process.exitCode = report.exitCode;
  }
}

function reportOf(
  error: Error & { oclif?: { exit?: number } },
  { id, flags = {}, args = {}, examples }: Partial<MistypedCommand> & { id: string },
): ErrorReport {
  const name = id.replaceAll(':', ' ');
  const exit = error.oclif?.exit;
  // oclif's own errors (an unknown flag, a missing value) carry their exit status.
  if (!(error instanceof PgbakError) && exit !== undefined) {
    return { name: 'UsageError', ...usageMessage(error, { name, flags, args, examples }), exitCode: exit };
  }
  const described = describeFailure(error);
  // What the parser of a flag throws comes with a heading of oclif's.
  const message = /^Parsing --[a-z0-9-]+ \n\t(.*)\nSee more help with --help$/s.exec(described.message)?.[1];
  const hint = described.hint ?? (message === undefined ? undefined : `See: pgbak ${name} --help`);
  const report = { message: message ?? described.message, hint: hint ?? null };
  if (error instanceof PgbakError) return { name: error.name, ...report, exitCode: error.exitCode };
  return { name: machineHint(error) === undefined ? 'UnexpectedError' : 'MachineError', ...report, exitCode: 1 };
}
