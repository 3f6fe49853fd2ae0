import type { Tools } from '../backup/tools.ts';
import type { Environment } from '../config/environment.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The external programs, looked for once a run and only when a backup needs them. Of the environment each of them sees
 * what it needs and no secret of another.
 */
export function openPrograms(
  { pgBin, sevenZip: sevenZipOverride }: Environment,
  env: Variables,
  signal: AbortSignal,
): Pick<Tools, 'prepareDump' | 'writeArchive'> {
  const searchPath = env['PATH'] ?? '';

  const clientPrograms = once(async () => {
    const { findClientPrograms } = await import('../postgres/client-programs.ts');
    return await findClientPrograms({ override: pgBin, searchPath, signal });
  });

  const sevenZip = once(async () => {
    const [{ findSevenZip }, { bundledSevenZip }] = await Promise.all([
      import('../archive/seven-zip.ts'),
      import('../archive/bundled-seven-zip.ts'),
    ]);
    return await findSevenZip({ override: sevenZipOverride, searchPath, bundled: bundledSevenZip, signal });
  });

  const findZstd = async (environment: Record<string, string>) => {
    const module = await import('../archive/zstd.ts');
    return await module.findZstd(environment, signal);
  };

  return {
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
      const environment = sevenZipEnvironment(env);
      const zstd = request.compression.method === 'zstd' ? { zstd: await findZstd(environment) } : {};
      return await writeArchive({ ...request, ...zstd, sevenZip: await sevenZip(), environment });
    },
  };
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
