import { randomBytes } from 'node:crypto';
import type { RowCounts } from '../../core/backup-record.ts';
import { ProgramError } from '../../core/errors.ts';
import { within } from '../../system/clock.ts';
import {
  isForTheLoad,
  lackingProvider,
  localeOptions,
  settingStatement,
  systemLocales,
} from '../database/statements.ts';
import { RefusedStatementError } from '../../postgres/session-failure.ts';
import { quoteLiteral } from '../../postgres/quote.ts';
import { countRowsScript, parseRowCounts } from '../../postgres/dump-selection.ts';
import type { ScratchNeeds } from './needs.ts';
import type { Database } from '../../postgres/database.ts';
import { connectionTo } from '../../postgres/connection.ts';

/** A database with a throwaway name. Disposing drops it. */
interface ScratchDatabase extends AsyncDisposable {
  database: Database;
  /** Why it could not be created like the dumped one. */
  madeOtherwise: string | undefined;
  /** Reads every table once. */
  countRows(): Promise<RowCounts>;
}

interface ScratchDatabaseRequest {
  /** A database of the server. Its role may create databases. */
  server: Database;
  /** Its major version. */
  major: number;
  name: string;
  needs: ScratchNeeds;
}

const DROP_WITHIN_MS = 60_000;
const DROP_TRIES = 5;
/** object_in_use (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const IN_USE = '55006';
const PREFIX = 'pgbak_verify_';
/** A day: no verification takes that long. */
const ABANDONED_AFTER_SECONDS = 86_400;

/** The owner of a throwaway database. The database's name identifies it for later verifications. */
export interface ScratchOwner {
  /** Hexadecimal. One catalogue on one machine always has the same mark. */
  mark: string;
  /** Identifies one verification. */
  id: string;
}

export function scratchName({ mark, id }: ScratchOwner): string {
  const began = Math.floor(Date.now() / 1000);
  return `${PREFIX}${began}_${mark}_${Buffer.from(id).toString('hex')}_${randomBytes(2).toString('hex')}`;
}

/**
 * Creates the database in the encoding and locale of the dump. Where the server lacks the locale, it gets C, which fits
 * every encoding.
 */
export async function createScratchDatabase(request: ScratchDatabaseRequest): Promise<ScratchDatabase> {
  const { server, name, needs } = request;
  const madeOtherwise = await make(request);
  const database = databaseIn(server, name);
  const scratch: ScratchDatabase = {
    database,
    madeOtherwise,
    countRows: async () => parseRowCounts(await database.ask(countRowsScript())),
    [Symbol.asyncDispose]: async () => {
      // It needs its own signal, because the run's may be aborted already.
      await within(DROP_WITHIN_MS, (signal) => dropScratch({ ...request, server: server.with({ signal }) }));
    },
  };
  try {
    await setForTheLoad(name, needs, server);
    return scratch;
  } catch (error) {
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
}

function databaseIn(server: Database, name: string): Database {
  return server.with({ connection: connectionTo(server.connection, name) });
}

async function make({ name, needs, major, server }: ScratchDatabaseRequest): Promise<string | undefined> {
  const { facts, encoding } = needs;
  // template1 may hold objects that the dump creates again.
  const create = `create database ${name} template template0`;
  const inC = encoding === undefined ? create : `${create} encoding ${quoteLiteral(encoding)} locale 'C'`;
  const lacking = facts === undefined ? undefined : lackingProvider(facts, major);
  if (facts === undefined || facts.encoding !== encoding || lacking !== undefined) {
    await server.ask(inC);
    return lacking;
  }
  try {
    await server.ask(`${create} ${localeOptions(facts, major)}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    await server.ask(inC);
    const names = [...systemLocales(facts), ...(facts.locale === undefined ? [] : [facts.locale])];
    return `the locale ${names.join(', ')} is missing`;
  }
}

/** Settings under which the load reads values as they were written. Settings that this server refuses are skipped. */
async function setForTheLoad(name: string, { facts }: ScratchNeeds, server: Database): Promise<void> {
  const session = Object.entries(facts?.session ?? {}).map(([setting, value]) => ({ name: setting, value }));
  const statements = [...session, ...(facts?.settings ?? []).filter((one) => isForTheLoad(one))].map((setting) =>
    settingStatement(name, setting),
  );
  if (statements.length === 0) return;
  try {
    await server.ask(statements.join('; '));
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    for (const statement of statements) {
      await server.ask(statement).catch((other: unknown) => {
        if (!(other instanceof ProgramError)) throw other;
      });
    }
  }
}

async function dropScratch({ name, major, server }: Omit<ScratchDatabaseRequest, 'needs'>): Promise<void> {
  const database = databaseIn(server, name);
  // PostgreSQL drops no database with a subscription, and no subscription whose slot still exists elsewhere.
  const subscriptions = await server.ask(
    `select pg_catalog.quote_ident(s.subname) from pg_catalog.pg_subscription s
      where s.subdbid = (select oid from pg_catalog.pg_database where datname = ${quoteLiteral(name)})`,
  );
  for (const [subscription = ''] of subscriptions) {
    await database.ask(`alter subscription ${subscription} disable`);
    await database.ask(`alter subscription ${subscription} set (slot_name = none)`);
    await database.ask(`drop subscription ${subscription}`);
  }
  // A killed loader may have left its session open.
  const drop = `drop database if exists ${name}${major < 13 ? '' : ' with (force)'}`;
  for (let tries = 1; ; tries += 1) {
    try {
      await server.ask(drop);
      return;
    } catch (error) {
      // The server waits five seconds for sessions that it ends (dropdb(), CountOtherDBBackends). A busy session needs
      // longer.
      const isInUse = error instanceof RefusedStatementError && error.sqlState === IN_USE;
      if (!isInUse || tries === DROP_TRIES) throw error;
    }
  }
}

/**
 * Drops databases that killed verifications left behind: those of this catalogue and machine that are not `inUse`, and
 * all that began more than a day ago. The names hold the owner and the time.
 */
export async function dropAbandoned(
  request: Omit<ScratchDatabaseRequest, 'name' | 'needs'>,
  { mark }: ScratchOwner,
  inUse: readonly string[],
): Promise<void> {
  const rows = await request.server.ask(
    `select datname from pg_catalog.pg_database where datname ~ '^${PREFIX}[0-9]+_[0-9a-f]+(_[0-9a-f]+_[0-9a-f]+)?$'
      and pg_catalog.pg_get_userbyid(datdba) = current_user`,
  );
  const live = new Set(inUse.map((id) => Buffer.from(id).toString('hex')));
  const oldest = Date.now() / 1000 - ABANDONED_AFTER_SECONDS;
  for (const [name = ''] of rows) {
    const [began = '', whose, id] = name.slice(PREFIX.length).split('_');
    const isDead = id !== undefined && whose === mark && !live.has(id);
    if (isDead || Number(began) < oldest) await dropScratch({ ...request, name });
  }
}
