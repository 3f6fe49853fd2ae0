import { ConfigError } from '../core/errors.ts';
import { editCommand } from '../core/server-hint.ts';
import { textOf } from '../system/program-output.ts';
import { startProgram } from '../system/programs.ts';
import type { Database } from './database.ts';
import { rowFormat } from './psql-session.ts';

const OWN_PROCESS = 'select pg_catalog.pg_backend_pid();';

/**
 * Refuses a pooler that gives each transaction another connection: the connections of one dump would not keep their
 * settings. While a first session stays open, a second one must not get the same server process.
 *
 * @throws ConfigError for such a pooler
 */
export async function refusePooler(database: Database): Promise<void> {
  const { args, parse } = rowFormat();
  const first = startProgram(database.psql(args), { stdin: 'pipe', stdout: 'pipe', signal: database.signal });
  try {
    first.stdin?.write(`${OWN_PROCESS}\n`);
    const answer = await first.stdout?.[Symbol.asyncIterator]().next();
    if (answer === undefined || answer.done === true) return;
    const [[process] = []] = parse(textOf(Buffer.from(answer.value)));
    const [[other] = []] = await database.ask(OWN_PROCESS);
    if (process === undefined || process !== other) return;
  } finally {
    first.stdin?.end();
    await first.stop();
  }
  throw new ConfigError(
    'a pooler answers, which gives each transaction another connection: several connections cannot dump through it',
    `Connect to PostgreSQL itself, or use one connection: ${editCommand('--format binary')}`,
  );
}
