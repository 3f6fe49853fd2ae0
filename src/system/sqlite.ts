import Database from 'better-sqlite3';

/** The part of better-sqlite3 that works although its objects are never garbage-collected. */
export type Sqlite = Pick<Database.Database, 'prepare' | 'exec' | 'close' | 'serialize' | 'inTransaction'>;

/**
 * Keeps every object of better-sqlite3 for the life of the process. Version 12, the last for Node 20, aborts Node 24.19 and later
 * when one is collected: its destructor needs an environment that is not entered then (version 13 needs Node 22). A
 * statement takes 3 kB.
 */
const kept: unknown[] = [];

/**
 * Opens a SQLite file, or the content of one in memory. Throws better-sqlite3's own errors. Views, triggers and defaults in it
 * may call no function with side effects (https://www.sqlite.org/pragma.html#pragma_trusted_schema).
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
