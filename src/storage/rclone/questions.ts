import { posix } from 'node:path';
import * as v from 'valibot';
import { RcloneFailure } from './failure.ts';
import { StorageError } from '../../core/errors.ts';
import { ANSWER_WITHIN_MS, joined, type RcloneClient } from './client.ts';

const Entry = v.object({
  Path: v.string(),
  Size: v.number(),
  IsDir: v.boolean(),
  Hashes: v.optional(v.record(v.string(), v.string())),
});

/** A file as the remote tells of it. */
export interface RemoteFile {
  /** Relative to what was listed. */
  path: string;
  sizeBytes: number;
  /** Of the kind that was asked for; absent where the remote has none. */
  hash?: string;
}

const LEAN = ['--no-modtime', '--no-mimetype'];
const SLOWEST_HASH_BYTES_PER_MS = 5000;

/** One file or directory of the remote; undefined where it is missing. Asks for its hash where `hash` names a kind. */
export async function statAt(
  client: RcloneClient,
  file: string,
  signal: AbortSignal,
  { hash, ofBytes = 0 }: { hash?: string | undefined; ofBytes?: number } = {},
): Promise<(RemoteFile & { isDirectory: boolean }) | undefined> {
  return await statOf(client, client.at(file), signal, { hash, ofBytes });
}

/** The same for any argument of rclone, such as a path of this machine. */
export async function statOf(
  client: RcloneClient,
  target: string,
  signal: AbortSignal,
  { hash, ofBytes }: { hash: string | undefined; ofBytes: number },
): Promise<(RemoteFile & { isDirectory: boolean }) | undefined> {
  const hashes = hash === undefined ? [] : ['--hash', `--hash-type=${hash}`];
  // A remote may read all of the file to tell its hash.
  const timeoutMs = ANSWER_WITHIN_MS + (hash === undefined ? 0 : ofBytes / SLOWEST_HASH_BYTES_PER_MS);
  try {
    const text = await client.ask(['lsjson', '--stat', ...LEAN, ...hashes, target], { signal, timeoutMs });
    const entry = parsed(v.nullable(Entry), text);
    if (entry === null) return undefined;
    const value = hash === undefined ? undefined : entry.Hashes?.[hash];
    return {
      path: entry.Path,
      sizeBytes: entry.Size,
      isDirectory: entry.IsDir,
      ...(value === undefined || value === '' ? {} : { hash: value.toLowerCase() }),
    };
  } catch (error) {
    if (error instanceof RcloneFailure && error.isMissing) return undefined;
    throw error;
  }
}

/**
 * The files in a folder whose path there begins with `start`; undefined where the folder is missing. `lsjson` prints an entry
 * a line (https://rclone.org/commands/rclone_lsjson/).
 */
export async function listFiles(
  client: RcloneClient,
  folder: string,
  start: string,
  { isDeep, signal }: { isDeep: boolean; signal: AbortSignal },
): Promise<RemoteFile[] | undefined> {
  const filter = start === '' ? [] : [`--include=/${escaped(start)}${isDeep ? '**' : '*'}`];
  return await listWith(client, folder, [...(isDeep ? ['-R'] : []), ...filter], signal);
}

/** Which of these files of one folder are there, by their paths below the place. */
export async function thereOf(
  client: RcloneClient,
  files: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RemoteFile>> {
  const filter = files.map((file) => `--include=/${escaped(posix.basename(file))}`);
  const found = (await listWith(client, folderOf(files[0] ?? ''), filter, signal)) ?? [];
  return new Map(found.filter(({ path }) => files.includes(path)).map((file) => [file.path, file]));
}

/** The folder of a file below the place; empty for the place itself. */
export function folderOf(file: string): string {
  const folder = posix.dirname(file);
  return folder === '.' ? '' : folder;
}

async function listWith(
  client: RcloneClient,
  folder: string,
  options: readonly string[],
  signal: AbortSignal,
): Promise<RemoteFile[] | undefined> {
  try {
    const lines = await client.lines(['lsjson', '--files-only', ...LEAN, ...options, client.at(folder)], signal);
    return lines.flatMap((line) => {
      const text = line.trim().replace(/,$/, '');
      if (text === '' || text === '[' || text === ']') return [];
      const { Path: path, Size: sizeBytes } = parsed(Entry, text);
      return { path: joined(folder, path), sizeBytes };
    });
  } catch (error) {
    if (error instanceof RcloneFailure && error.isMissing) return undefined;
    throw error;
  }
}

/** A text as it is in a pattern of rclone's filters (https://rclone.org/filtering/#pattern-syntax). */
function escaped(text: string): string {
  return text.replaceAll(/[*?[\]{}\\]/g, String.raw`\$&`);
}

const Features = v.object({
  Hashes: v.nullable(v.array(v.string())),
  Features: v.object({
    BucketBased: v.optional(v.boolean(), false),
    CanHaveEmptyDirectories: v.optional(v.boolean(), false),
    Copy: v.optional(v.boolean(), false),
    Move: v.optional(v.boolean(), false),
  }),
});

/** What a remote can do. */
export interface RemoteFeatures {
  hashes: readonly string[];
  /**
   * How an archive gets its name: moved by the remote itself; or written under it at once, where a remote of buckets shows
   * nothing before all of an upload is there.
   */
  publishing: 'move' | 'copy' | 'atomic';
  hasDirectories: boolean;
}

/** Asks what a remote can do (https://rclone.org/commands/rclone_backend/). */
export async function featuresOf(client: RcloneClient, signal: AbortSignal): Promise<RemoteFeatures> {
  const text = await client.ask(['backend', 'features', client.at('')], { signal });
  const { Hashes, Features: can } = parsed(Features, text);
  if (!can.Move && !can.BucketBased && !can.Copy) {
    throw new StorageError(
      `the remote "${client.remote}" can neither move nor copy a file by itself, so half an archive could be taken for a whole one`,
      'Choose another remote.',
    );
  }
  return {
    hashes: Hashes ?? [],
    publishing: can.Move ? 'move' : can.BucketBased ? 'atomic' : 'copy',
    hasDirectories: can.CanHaveEmptyDirectories,
  };
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    throw new StorageError(
      'rclone gave an answer of another form than is known',
      'Is PGBAK_RCLONE, or the rclone on PATH, a script of your own? Its output must be that of rclone.',
    );
  }
}
