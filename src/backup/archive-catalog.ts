import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { archiveStream } from '../archive/archive-stream.ts';
import { exportCatalog } from '../catalog/export-catalog.ts';
import type { Environment } from '../server/environment.ts';
import { resolveReference } from '../server/reference.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import { attempt, PgbakError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import { heldDirectory } from '../restore/temporary.ts';
import { archivePasswordOf } from '../server/settings.ts';
import { sevenZipEnvironment, sevenZipOf } from '../server/programs.ts';
import type { Context } from '../core/context.ts';

/** The name of the catalogue in its archive. */
const ENTRY = 'backup.sqlite';

/** Archives a copy of the catalogue at `path`. It holds the secrets only where `password` encrypts it. */
export async function archiveCatalog(
  context: Context,
  path: string,
  password: Secret | undefined,
  copyTo: (target: string) => Promise<void> | void = context.catalog.copyTo,
): Promise<{ sizeBytes: number }> {
  const plain = `${path}.sqlite`;
  try {
    await exportCatalog(copyTo, plain, password === undefined ? withoutPassword : undefined);
    await archiveStream(
      {
        sevenZip: await sevenZipOf(context),
        environment: sevenZipEnvironment(context.environment),
        archivePath: path,
        // The copy is small at any level, and each run makes one.
        compression: { method: 'lzma2', level: 1 },
        ...(password === undefined ? {} : { password }),
        signal: context.signal,
      },
      ENTRY,
      createReadStream(plain),
    );
    return { sizeBytes: (await stat(path)).size };
  } finally {
    await rm(plain, { force: true });
  }
}

/** A connection string without its password; empty where the string cannot be parsed. */
function withoutPassword(connectionString: Secret): string {
  try {
    return parseConnection(connectionString).conninfo;
  } catch (error) {
    if (error instanceof PgbakError) return '';
    throw error;
  }
}

/**
 * The archive password that all servers share; undefined where they have several, or where that of one is not known, which
 * `warn` is told. A user who knows one password must not learn the secrets of the other servers.
 */
export function sharedPassword(
  servers: readonly ServerRecord[],
  environment: Environment,
  warn: (server: ServerRecord, problem: string) => void,
): Secret | undefined {
  if (environment.archivePassword !== undefined) {
    return resolveReference(environment.archivePassword, 'ARCHIVE_PASSWORD', environment.variable);
  }
  const passwords: (Secret | undefined)[] = [];
  for (const server of servers) {
    const password = attempt(() => archivePasswordOf(server, environment));
    if (password instanceof PgbakError) {
      warn(server, password.message);
      return undefined;
    }
    passwords.push(password);
  }
  const [first, ...others] = passwords;
  return others.every((other) => other?.reveal() === first?.reveal()) ? first : undefined;
}

/** Writes a copy for a person: a plain one without secrets or, with a password, an archive that holds all of them. */
export async function exportTo(context: Context, file: string, password: Secret | undefined): Promise<void> {
  if (password === undefined) {
    await exportCatalog(context.catalog.copyTo, file, withoutPassword);
    return;
  }
  // 7-Zip creates files by the umask, so this one is made in a directory that no other account can enter.
  await using directory = await heldDirectory(context);
  const archive = join(directory.path, 'catalog.7z');
  await archiveCatalog(context, archive, password);
  await pipeline(createReadStream(archive), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
}
