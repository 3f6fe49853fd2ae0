import type { DatabaseFacts } from '../../core/database-facts.ts';
import { ConfigError, ProgramError } from '../../core/errors.ts';
import { fitDatabase, type DatabaseFit, type FitRequest } from './fit-database.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { Database } from '../../postgres/database.ts';
import { within } from '../../system/clock.ts';

/** The creation of a database for a restore. */
interface Creation {
  /** What the user should know before it begins. */
  notes: string[];
  create: () => Promise<void>;
  drop: () => Promise<void>;
  /** Sets owner, comment, privileges and settings, after the dump was loaded. */
  settle: () => Promise<void>;
}

interface CreationRequest extends Omit<FitRequest, 'facts'> {
  /** Undefined where the backup did not note how its database was made. */
  facts: DatabaseFacts | undefined;
  /** For a backup from before facts were noted. */
  encoding: string | undefined;
}

const DROP_WITHIN_MS = 60_000;

/** Before anything is fetched: only a role with CREATEDB makes databases. */
export async function refuseToCreate(server: Database, { serverLabel }: Connection): Promise<void> {
  const [[role = '', mayCreate] = []] = await server.ask(
    `select pg_catalog.quote_ident(rolname), rolcreatedb or rolsuper from pg_catalog.pg_roles where rolname = current_user`,
  );
  if (mayCreate !== 'f') return;
  throw new ConfigError(
    `the role ${role} may not create databases on ${serverLabel ?? 'the default host'}`,
    `As a superuser: ALTER ROLE ${role} CREATEDB. Or name another role in the connection string of --to.`,
  );
}

/** Plans a database like the one that was dumped. Changes nothing yet. */
export async function planCreation(request: CreationRequest): Promise<Creation> {
  const { facts, encoding, database, major, server } = request;
  const fit: DatabaseFit =
    facts === undefined
      ? {
          options: encoding === undefined ? '' : `encoding ${quoteLiteral(encoding)}`,
          before: [],
          after: [],
          notes: ['this backup does not say which locale its database had: the new database gets that of its server'],
        }
      : await fitDatabase({ ...request, facts });
  const name = quoteIdentifier(database);
  const drop = async () =>
    void (await within(DROP_WITHIN_MS, (until) =>
      server.with({ signal: until }).ask(`drop database if exists ${name}${major < 13 ? '' : ' with (force)'}`),
    ));
  return {
    notes: fit.notes,
    drop,
    create: async () => {
      await server.ask(`create database ${name} template template0 ${fit.options}`);
      try {
        if (fit.before.length > 0) await server.ask(fit.before.join('; '));
      } catch (error) {
        await drop();
        throw error;
      }
    },
    settle: () => settle(fit.after, request),
  };
}

/** Runs all statements at once or, where that fails, one by one, so that one refusal stops none of the others. */
async function settle(statements: readonly string[], { database, server }: CreationRequest): Promise<void> {
  if (statements.length === 0) return;
  try {
    await server.ask(statements.join('; '));
    return;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
  }
  const refused: string[] = [];
  for (const statement of statements) {
    try {
      await server.ask(statement);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      refused.push(`${statement} (${error.message})`);
    }
  }
  if (refused.length === 0) return;
  throw new ProgramError(
    `the whole dump was restored into ${database}, but not all settings of the database itself: ${refused.join('; ')}`,
    'Do by hand what was refused.',
  );
}
