import { OUTPUT_EXTENSIONS } from '../../core/archive-format.ts';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Context } from '../../core/context.ts';
import { attempt, ConfigError, PgbakError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { Secret } from '../../core/secret.ts';
import { connectionTo, parseConnection, typedForm, type Connection } from '../../postgres/connection.ts';
import { NoDatabaseError } from '../../postgres/session-failure.ts';
import type { RestorePoint } from '../../restore/choose-point.ts';
import { FilledTargetError, type OpenedTarget } from '../../restore/open-target.ts';
import { ownConnection } from '../../restore/target-server.ts';
import { prepareFile } from '../../restore/write-file.ts';
import { isReference, resolveReference } from '../../server/reference.ts';
import type { ServerRecord } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { terminalWidth } from '../output.ts';
import { wrapHanging } from '../wrap.ts';
import { anyOf, badConnection, needed } from './ask-fields.ts';
import { fieldPrompt } from './field-prompt.ts';
import { showPlan } from './restore-questions.ts';

/** Where a person wants a backup to be restored to. The database was reached. */
export type Goal =
  | { kind: 'file'; path: string; flags: string[] }
  | { kind: 'database'; opened: OpenedTarget; isReplaced: boolean; flags: string[] };

interface Means {
  create: boolean;
  clean: boolean;
}

export interface GoalQuestion {
  server: ServerRecord;
  point: RestorePoint;
  /** What flags said. */
  given: Means;
  /** Reaches a database, and changes nothing. */
  open: (connection: Connection, means: Means) => Promise<OpenedTarget>;
}

/** Asks where to restore to, and tries it at once. What was typed stays until it works. */
export async function askGoal(question: GoalQuestion, context: Context): Promise<Goal> {
  const { create, clean } = question.given;
  const kind = create ? 'new' : clean ? 'existing' : await askKind();
  return kind === 'file' ? await askFile(question) : await askDatabase(question, kind === 'new', context);
}

async function askKind(): Promise<'new' | 'existing' | 'file'> {
  const { select } = await import('@inquirer/prompts');
  return await select(
    {
      message: 'Restore it into',
      choices: [
        { name: 'a new database', value: 'new', description: 'pgbak makes it, like the one that was backed up' },
        { name: 'an existing database', value: 'existing', description: 'an empty one, or one to be replaced' },
        { name: 'a file', value: 'file', description: 'the dump, for psql or pg_restore' },
      ],
    },
    promptContext(),
  );
}

async function askFile({ server, point }: GoalQuestion): Promise<Goal> {
  let typed = `${server.name.replaceAll(/[^\w.-]+/g, '_')}.${OUTPUT_EXTENSIONS[point.format]}`;
  for (;;) {
    typed = await fieldPrompt({ message: 'File', prefill: typed, problemOf: needed });
    const path = resolve(typed.replace(/^~(?=\/)/, homedir()));
    if (await works(() => prepareFile(path, point, () => {}))) {
      return { kind: 'file', path, flags: ['--output', path] };
    }
  }
}

async function askDatabase(question: GoalQuestion, isNew: boolean, context: Context): Promise<Goal> {
  const { server, given, open } = question;
  const own = ownConnection(server, context);
  const isOwn = own !== undefined && (await askWhichServer(own, server.name));
  if (!isOwn) process.stdout.write('  For example: postgresql://app@db.example/shop_restored\n');
  let name = isNew ? `${own?.database ?? server.name}_restored` : '';
  let typed = '';
  for (;;) {
    let connection: Connection;
    if (isOwn) {
      const message = isNew ? 'Name of the new database' : 'Name of the database';
      name = await fieldPrompt({ message, prefill: name, problemOf: needed });
      connection = connectionTo(own, name);
    } else {
      typed = await askConnectionString(typed);
      connection = parseConnection(resolveReference(new Secret(typed), 'this', context.environment.variable));
    }
    let means: Means | undefined = { create: isNew, clean: given.clean };
    while (means !== undefined) {
      const outcome: Outcome = await tried(connection, means, open, context.signal);
      if (outcome.opened !== undefined) {
        const shown = !isOwn && isReference(typed) ? typed : typedForm(connection, outcome.opened.database);
        const flags = [...(means.create ? ['--create'] : []), ...(means.clean ? ['--clean'] : []), '--to', shown];
        return { kind: 'database', opened: outcome.opened, isReplaced: means.clean, flags };
      }
      means = outcome.next;
    }
  }
}

async function askWhichServer({ serverLabel }: Connection, name: string): Promise<boolean> {
  const { select } = await import('@inquirer/prompts');
  const where = serverLabel ?? 'the default host';
  return await select(
    {
      message: 'On which database server?',
      choices: [
        { name: printable(`${where}, that of ${name}`), value: true },
        { name: 'another one', value: false },
      ],
    },
    promptContext(),
  );
}

async function askConnectionString(typed: string): Promise<string> {
  const unnamed = (text: string) => {
    const named = isReference(text) ? undefined : attempt(() => parseConnection(new Secret(text)));
    return named !== undefined && !(named instanceof PgbakError) && named.database === undefined
      ? 'name the database, such as postgresql://app@db.example/shop_restored'
      : undefined;
  };
  return await fieldPrompt({
    message: 'Connection string',
    isSecret: true,
    prefill: typed,
    problemOf: anyOf(needed, badConnection, unnamed),
  });
}

/** Without an opened target: how to try the same database next; with neither, another one has to be named. */
interface Outcome {
  opened?: OpenedTarget;
  next?: Means;
}

/** Opens the target. Where that fails, tells why, and asks what to do where there is a choice. */
async function tried(
  connection: Connection,
  means: Means,
  open: GoalQuestion['open'],
  signal: AbortSignal,
): Promise<Outcome> {
  process.stdout.write(`  Connecting to ${printable(connection.label)} ...\n`);
  try {
    return { opened: await open(connection, means) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    const { confirm, select } = await import('@inquirer/prompts');
    if (error instanceof NoDatabaseError && !means.create) {
      complain(error.message);
      const isMade = await confirm({ message: 'Make a new database of that name?', default: false }, promptContext());
      return isMade ? { next: { create: true, clean: false } } : {};
    }
    if (error instanceof FilledTargetError) {
      complain(error.message);
      const isReplaced = await select(
        {
          message: 'What now?',
          choices: [
            { name: 'choose another database', value: false },
            { name: 'replace everything in this one', value: true },
          ],
        },
        promptContext(),
      );
      return isReplaced ? { next: { create: false, clean: true } } : {};
    }
    // The hints of our own refusals name flags. Here answers are typed.
    complain(error instanceof ConfigError ? error.message : [error.message, error.hint ?? ''].join('\n').trim());
    return {};
  }
}

async function works(check: () => Promise<void>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    complain(error.message);
    return false;
  }
}

function complain(text: string): void {
  process.stdout.write(`✖ ${wrapHanging(printable(text), terminalWidth(process.stdout) ?? 80, 2)}\n`);
}

/** Shows what will be done, and lets a person say yes. Throws a `ConfigError` at a no. */
export async function confirmPlan(plan: readonly string[]): Promise<void> {
  showPlan(plan);
  const { confirm } = await import('@inquirer/prompts');
  if (!(await confirm({ message: 'Restore it now?', default: true }, promptContext()))) {
    throw new ConfigError('nothing was restored');
  }
}
