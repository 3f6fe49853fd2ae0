import { join } from 'node:path';
import type { Context } from '../../core/context.ts';
import { thenDisposed } from '../parts/open-part.ts';
import { heldDirectory } from '../temporary.ts';
import { directoryLoader, fileLoader } from './load-dump.ts';
import type { Loader, LoadRequest } from './loader.ts';

/** A loader of a dump that is first written to a temporary directory, which goes when the load ends. */
export async function openFromDisk(request: LoadRequest, jobs: number, context: Context): Promise<Loader> {
  const directory = await heldDirectory(context);
  const path = join(directory.path, 'dump');
  const loader =
    request.format === 'directory' ? await directoryLoader(request, path, jobs) : fileLoader(request, path, jobs);
  return thenDisposed(loader, directory);
}
