import { Secret } from '../../core/secret.ts';
import { ProgramError } from '../../core/errors.ts';
import { runProgram } from '../../system/programs.ts';
import { quoteJson } from '../../postgres/quote.ts';
import { beginSafely } from '../../postgres/psql-session.ts';
import type { Database } from '../../postgres/database.ts';

export interface TableName {
  schema: string;
  name: string;
}

const HINT = 'All of the dump was restored. Queries may be slow until autovacuum has run, or until you run: ANALYZE';
const DONE = 'done';
const LONGEST_MS = 24 * 3_600_000;

/**
 * Gathers planner statistics, which no dump of pgbak brings: of `tables`, or of all
 * (https://www.postgresql.org/docs/current/sql-analyze.html). Each table has its own transaction, so that few locks are
 * held at once, and the session keeps no setting that a pooler would hand on. If one table fails, the others are still
 * analyzed.
 *
 * @throws ProgramError that says how many tables have none
 */
export async function analyze(
  database: Database,
  lockWaitSeconds: number,
  tables?: readonly TableName[],
): Promise<void> {
  const wanted = tables === undefined ? '' : quoteJson(tables);
  const rows = await database.ask(
    `select pg_catalog.format('%I.%I', n.nspname, c.relname)
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and ${
          tables === undefined
            ? 'not c.relispartition'
            : `(n.nspname, c.relname) in (select w.schema, w.name
                from pg_catalog.json_to_recordset(${wanted}) as w(schema name, name name))`
        }`,
  );
  if (rows.length === 0) return;
  const lines = rows.map(([name = '']) =>
    [
      beginSafely('read write'),
      `set local lock_timeout = ${lockWaitSeconds * 1000};`,
      `analyze ${name};`,
      `\\if :ERROR\n\\else\n\\echo ${DONE}\n\\endif`,
      'commit;\n',
    ].join('\n'),
  );
  const command = database.psql(['-v', 'ON_ERROR_STOP=0']);
  const input = new Secret(lines.join(''));
  const { stdout, stderrTail } = await runProgram(command, { signal: database.signal, timeoutMs: LONGEST_MS, input });
  const doneCount = stdout.split('\n').filter((line) => line === DONE).length;
  if (doneCount === rows.length) return;
  const reasons = stderrTail.split('\n').filter((line) => line !== '');
  const reason = reasons.find((line) => /ERROR|FATAL|error:/.test(line)) ?? reasons.at(-1) ?? 'psql gave no reason';
  throw new ProgramError(
    `${rows.length - doneCount} of ${rows.length} tables have no planner statistics: ${reason.replace(/^psql:<stdin>:\d+: /, '')}`,
    HINT,
  );
}
