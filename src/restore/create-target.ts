import type { DatabaseFacts } from '../core/database-facts.ts';
import { ProgramError } from '../core/errors.ts';
import { fitDatabase, type DatabaseFit, type FitRequest } from '../postgres/fit-database.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import { within } from '../system/clock.ts';

/** A database that a restore makes. */
export interface Creation {
  /** What is to be said of it before it is made. */
  notes: string[];
  create: () => Promise<void>;
  drop: () => Promise<void>;
  /** Gives it owner, comment, privileges and settings, once the dump is in it. */
  settle: () => Promise<void>;
}

export interface CreationRequest extends Omit<FitRequest, 'facts'> {
  /** Undefined where it was not noted how the database was made. */
  facts: DatabaseFacts | undefined;
  /** What is known of it besides, of a backup made before its facts were noted. */
  encoding: string | undefined;
}

const DROP_WITHIN_MS = 60_000;

/** Looks how a database can be made as the one was that was dumped; nothing is changed yet. */
export async function planCreation(request: CreationRequest): Promise<Creation> {
  const { facts, encoding, database, major, server } = request;
  const fit: DatabaseFit =
    facts === undefined
      ? {
          options: encoding === undefined ? '' : `encoding ${quoteLiteral(encoding)}`,
          before: [],
          after: [],
          notes: ['how the database was made was not noted with this backup: it gets the locale of its server'],
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

/** One after the other, so that what one of them lacks keeps none of the others from being done. */
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
    `all of the dump was restored into ${database}, but not all of what belongs to the database itself: ${refused.join('; ')}`,
    'Do by hand what was refused.',
  );
}
