import { tmpdir } from 'node:os';
import type { Context } from '../core/context.ts';
import { sweepKilled } from '../restore/temporary.ts';
import {
  createTemporaryDirectory,
  sweepTemporaryDirectories,
  type TemporaryDirectory,
} from '../system/temporary-directory.ts';

function placeOf({ catalog, environment }: Context) {
  return { base: environment.temporaryDirectory ?? tmpdir(), owner: catalog.id };
}

/** A temporary directory for a run. Only the holder of the run lock may ask for one. */
export async function runDirectory(context: Context): Promise<TemporaryDirectory> {
  return await createTemporaryDirectory(placeOf(context));
}

/** Removes the temporary files of killed runs, restores and verifications. Returns a sentence for each. */
export async function sweepTemporary(context: Context): Promise<string[]> {
  return [...(await sweepTemporaryDirectories(placeOf(context))), ...(await sweepKilled(context)).removed];
}
