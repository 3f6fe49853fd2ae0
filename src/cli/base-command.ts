import { Command } from '@oclif/core/command';
import { errorMessage, InterruptedError, PgbakError } from '../errors.ts';
import { isClosedPrompt } from './prompts/terminal.ts';
import { wrapped } from './wrapped.ts';

interface ErrorReport {
  name: string;
  message: string;
  hint?: string;
  exitCode: number;
}

/** What every pgbak command shares: `--json`, and the one place where an error becomes words and an exit status. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** For scripts, as it is: oclif would look for colors first, which takes longer than the rest of a short command. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** Prints our own errors field by field: a foreign one may hold a command line or a header with a secret. */
  protected override async catch(error: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<void> {
    const report = reportOf(isClosedPrompt(error) ? new InterruptedError('SIGINT') : error);
    if (this.jsonEnabled()) {
      this.logJson({ error: report });
    } else {
      const hint = report.hint === undefined ? '' : `\n${report.hint}`;
      process.stderr.write(`${await wrapped(`pgbak: ${report.message}${hint}`)}\n`);
    }
    if (!(error instanceof PgbakError) && !isClosedPrompt(error) && process.env['DEBUG'] !== undefined)
      process.stderr.write(`${error.stack}\n`);
    process.exitCode = report.exitCode;
  }
}

function reportOf(error: Error & { oclif?: { exit?: number } }): ErrorReport {
  if (error instanceof PgbakError) {
    return {
      name: error.name,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      exitCode: error.exitCode,
    };
  }
  // What oclif itself throws (an unknown flag, a missing value) carries its exit status.
  const exit = error.oclif?.exit;
  if (exit !== undefined) return { name: 'UsageError', message: errorMessage(error), exitCode: exit };
  return {
    name: 'UnexpectedError',
    message: `unexpected error: ${errorMessage(error)}`,
    hint: 'This is a fault in pgbak. Run again with DEBUG=pgbak* and report what it prints.',
    exitCode: 1,
  };
}
