import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** The programs of that name in the directories of `PATH`, in their order. */
export async function findOnPath(name: string, searchPath: string): Promise<string[]> {
  const found: string[] = [];
  for (const directory of searchPath.split(delimiter).filter((entry) => isAbsolute(entry))) {
    const file = join(directory, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && !found.includes(file)) found.push(file);
  }
  return found;
}
