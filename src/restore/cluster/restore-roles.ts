import { Writable } from 'node:stream';
import { ArchiveError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../core/context.ts';
import { loadRoles } from '../../postgres/globals/load-globals.ts';
import type { Connection } from '../../postgres/connection.ts';
import { textOf } from '../../system/program-output.ts';
import { copiesOf, withAnyCopy } from '../copies.ts';
import { GLOBALS_LIMIT_BYTES, type ArchiveRequest, type OpenArchive } from '../open-archive.ts';
import { correctedBy, reach } from '../target-server.ts';

interface RolesRequest extends ArchiveRequest {
  /** The server that gets them, by any of its databases. */
  to: Connection;
  lockWaitSeconds: number;
  /** Only the copy in this place or destination. */
  from?: string | undefined;
}

/**
 * Creates the roles and tablespaces of a backup that a server lacks. Those that it has stay as they are. Returns the size of the
 * script in bytes.
 */
export async function restoreRoles(request: RolesRequest, context: Context): Promise<number> {
  const { to, lockWaitSeconds } = request;
  const { database, programs } = await reach(to, context).catch((error: unknown) => {
    throw correctedBy('--to ', to, error);
  });
  const copies = await copiesOf(request.point, request.from, context);
  return await withAnyCopy({ ...request, copies }, context, async (archive) => {
    const { script, bytes } = await readRoles(archive);
    context.report({ type: 'step', message: 'creating the roles that are missing' });
    await loadRoles(script, { database, programs, lockWaitSeconds });
    return bytes;
  });
}

/** The script of roles in an archive, and its size. It holds the passwords of roles. */
export async function readRoles({ copyTo }: OpenArchive): Promise<{ script: Secret; bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes <= GLOBALS_LIMIT_BYTES) chunks.push(chunk);
      done(
        bytes <= GLOBALS_LIMIT_BYTES
          ? null
          : new ArchiveError('the roles in the archive are longer than those of any server'),
      );
    },
  });
  await copyTo(sink);
  return { script: new Secret(textOf(Buffer.concat(chunks))), bytes };
}
