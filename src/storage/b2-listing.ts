import { filesIn, optionalText, type FileVersion } from './b2-answers.ts';
import type { B2Client } from './b2-client.ts';

/** What Backblaze bills as one transaction. */
const PAGE_SIZE = 1000;

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
  for (;;) {
    const start = from;
    const { data } = await client.call(
      (b2, axios) =>
        b2.listFileVersions({
          bucketId,
          ...start,
          maxFileCount: PAGE_SIZE,
          // The package knows no prefix, without which a key that is restricted to one is refused.
          axiosOverride: { data: { prefix } },
          axios,
        }),
      signal,
    );
    yield* filesIn(data);
    const startFileName = optionalText(data, 'nextFileName');
    if (startFileName === undefined) return;
    const startFileId = optionalText(data, 'nextFileId');
    from = { startFileName, ...(startFileId === undefined ? {} : { startFileId }) };
  }
}

/** Large files of exactly this name that were begun by this catalogue and never finished. */
export async function listUnfinished(
  client: B2Client,
  bucketId: string,
  name: string,
  owner: string,
  signal: AbortSignal,
): Promise<FileVersion[]> {
  const { data } = await client.call(
    (b2, axios) =>
      // The package has no b2_list_unfinished_large_files. This call sends nothing that it is not told to.
      b2.getFileInfo({
        axios,
        axiosOverride: {
          url: `${b2.apiUrl}/b2api/v2/b2_list_unfinished_large_files`,
          data: { bucketId, namePrefix: name, maxFileCount: 100 },
        },
      }),
    signal,
  );
  return filesIn(data).filter((file) => file.name === name && file.info[OWNER_KEY] === owner);
}

/** Names the catalogue that made a file, so that nobody sweeps away what another host is uploading. */
export const OWNER_KEY = 'pgbak-catalog';

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
    await client.call((b2, axios) => b2.cancelLargeFile({ fileId: id, axios }), signal);
    cancelled.push(`cancelled the unfinished upload of ${name} begun at ${storedAt.toISOString()}`);
  }
  return cancelled;
}
