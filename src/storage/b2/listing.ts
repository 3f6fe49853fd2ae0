import { CATALOG_FACT } from '../object-facts.ts';
import { StorageError } from '../../core/errors.ts';
import { expectId, filesIn, optionalText, type FileVersion } from './answers.ts';
import type { B2Client } from './client.ts';
import { B2Failure } from './failure.ts';

/** What Backblaze bills as one transaction. */
const PAGE_SIZE = 1000;
/** Ten million versions: hundreds of servers, every hour, for years. */
const MOST_PAGES = 10_000;

/**
 * All versions under a prefix: by name, newest first, hide markers and unfinished files among them
 * (https://www.backblaze.com/apidocs/b2-list-file-versions).
 */
export async function* listVersions(
  client: B2Client,
  bucketId: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FileVersion> {
  let from: { startFileName?: string; startFileId?: string } = {};
  const seen = new Set<string>();
  for (;;) {
    const start = from;
    const { files, next } = await client.call(
      (b2, axios) =>
        b2.listFileVersions({
          bucketId,
          ...start,
          maxFileCount: PAGE_SIZE,
          // The package knows no prefix, without which a key that is restricted to one is refused.
          axiosOverride: { data: { prefix } },
          axios,
        }),
      ({ data }) => ({ files: filesIn(data), next: nextPage(data) }),
      signal,
    );
    yield* files;
    if (next === undefined) return;
    // Otherwise a service that names the same page again and again would be asked for ever.
    const page = `${next.startFileName}\n${next.startFileId ?? ''}`;
    if (seen.has(page) || seen.size >= MOST_PAGES) {
      throw new StorageError(
        `B2's listing of ${prefix === '' ? 'the bucket' : prefix} does not end`,
        'It names the same page twice, or millions of versions. Look at the bucket.',
      );
    }
    seen.add(page);
    from = next;
  }
}

function nextPage(data: unknown): { startFileName: string; startFileId?: string } | undefined {
  const startFileName = optionalText(data, 'nextFileName');
  if (startFileName === undefined) return undefined;
  const startFileId = optionalText(data, 'nextFileId');
  return { startFileName, ...(startFileId === undefined ? {} : { startFileId }) };
}

/** Large files of exactly this name that were begun by this catalogue and never finished. */
export async function listUnfinished(
  client: B2Client,
  bucketId: string,
  name: string,
  owner: string,
  signal: AbortSignal,
): Promise<FileVersion[]> {
  const files = await client.call(
    (b2, axios) =>
      // The package has no b2_list_unfinished_large_files. This call sends nothing that it is not told to.
      b2.getFileInfo({
        axios,
        axiosOverride: {
          url: `${b2.apiUrl}/b2api/v2/b2_list_unfinished_large_files`,
          data: { bucketId, namePrefix: name, maxFileCount: 100 },
        },
      }),
    ({ data }) => filesIn(data),
    signal,
  );
  return files.filter((file) => file.name === name && file.info[OWNER_KEY] === owner);
}

/** Names the catalogue that made a file, so that no host sweeps away what another is uploading. */
export const OWNER_KEY = CATALOG_FACT;

/** Cancels them; a sentence for each. */
export async function cancelUnfinished(
  client: B2Client,
  bucketId: string,
  { name, owner, except }: { name: string; owner: string; except?: string },
  signal: AbortSignal,
): Promise<string[]> {
  const cancelled: string[] = [];
  for (const { id, storedAt } of await listUnfinished(client, bucketId, name, owner, signal)) {
    if (id === except) continue;
    if (!(await cancelLargeFile(client, id, signal))) continue;
    cancelled.push(`cancelled the unfinished upload of ${name} begun at ${storedAt.toISOString()}`);
  }
  return cancelled;
}

/** Cancels an unfinished large file. False where there is none of that id any more: it was finished, or cancelled before. */
export async function cancelLargeFile(client: B2Client, fileId: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.call(
      (b2, axios) => b2.cancelLargeFile({ fileId, axios }),
      ({ data }) => expectId(data, fileId),
      signal,
    );
    return true;
  } catch (error) {
    if (error instanceof B2Failure && error.status === 400) return false;
    throw error;
  }
}
