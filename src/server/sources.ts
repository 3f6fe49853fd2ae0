import { settingsPlace } from './destination.ts';
import type { Environment } from './environment.ts';
import type { ServerRecord } from './server.ts';

/** Where a setting comes from. */
export type Source = 'record' | 'environment' | 'none';

/** Where the archive password of a server comes from; `none` means that its archives are not encrypted. */
export function encryptionSource(server: Pick<ServerRecord, 'archivePassword'>, environment: Environment): Source {
  return sourceOf(server.archivePassword, environment.archivePassword);
}

/** Where a server's B2 settings come from; `none` for a directory, `incomplete` while one of the three is missing. */
export function b2Source(server: ServerRecord, environment: Environment): Source | 'mixed' | 'incomplete' {
  if (settingsPlace(server, environment).kind === 'directory') return 'none';
  const sources = [
    sourceOf(server.b2KeyId, environment.b2KeyId),
    sourceOf(server.b2AppKey, environment.b2AppKey),
    sourceOf(server.b2Bucket, environment.b2Bucket),
  ];
  if (sources.includes('none')) return 'incomplete';
  const [first = 'none'] = sources;
  return sources.every((source) => source === first) ? first : 'mixed';
}

function sourceOf(record: unknown, environment: unknown): Source {
  return record !== undefined ? 'record' : environment !== undefined ? 'environment' : 'none';
}
