import Database from 'better-sqlite3';

/** A SQLite file, with as much of better-sqlite3 as can be had without its objects ever being collected as garbage. */
export type Sqlite = Pick<Database.Database, 'prepare' | 'exec' | 'close' | 'serialize' | 'inTransaction'>;

/**
 * All that better-sqlite3 has made in this process. Its version 12, the last that runs on Node 20, aborts Node 24.19 and
 * later where one of its objects is collected: their destructor asks for an environment, which is not entered then
 * (version 13 needs Node 22). So none ever is; a statement takes 3 kB.
 */
const kept: unknown[] = [];

/**
 * Opens a SQLite file, or what was read of one into memory. Throws better-sqlite3's own errors. Views, triggers and
 * defaults in it may not call functions that do more than compute (https://www.sqlite.org/pragma.html#pragma_trusted_schema).
 */
export function openSqlite(path: string | Buffer, options: { readonly?: boolean; timeout?: number } = {}): Sqlite {
  const database = new Database(path, options);
  database.exec('pragma trusted_schema = off');
  const prepare = database.prepare.bind(database);
  const prepareAndKeep = (sql: string) => {
    const statement = prepare(sql);
    kept.push(statement);
    return statement;
  };
  kept.push(database);
  return Object.defineProperty(database, 'prepare', { value: prepareAndKeep });
}

/** The same file for those who ask the same again and again: prepares each text once. */
export function preparingOnce(database: Sqlite): { prepare: (sql: string) => Database.Statement; close: () => void } {
  const known = new Map<string, Database.Statement>();
  return {
    prepare: (sql) => {
      const statement = known.get(sql) ?? database.prepare(sql);
      known.set(sql, statement);
      return statement;
    },
    close: () => database.close(),
  };
}
