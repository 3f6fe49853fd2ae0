import { isAbsolute, normalize } from 'node:path';
import { ConfigError, PgbakError } from '../core/errors.ts';
import type { Environment } from './environment.ts';
import type { ServerFields } from './server.ts';

/** The kind of place archives go to, before any B2 key is looked at. */
export type DestinationKind = { kind: 'b2' } | { kind: 'directory'; path: string };

/** Reads `b2` or `file:/absolute/dir`; throws a `ConfigError` for anything else. */
export function parseDestination(text: string): DestinationKind {
  if (text === 'b2') return { kind: 'b2' };
  const path = text.startsWith('file:') ? text.slice('file:'.length).replace(/^\/{2,}/, '/') : undefined;
  if (path === undefined || !isAbsolute(path)) {
    // A secret may have got into the wrong place, so only what was meant as a path is repeated.
    throw new ConfigError(
      path === undefined ? 'the destination is neither b2 nor a directory' : `destination "${text}" is not known`,
      'Use b2, or file: and an absolute path: file:/srv/backups',
    );
  }
  return { kind: 'directory', path: normalize(path).replace(/(?<=.)\/$/, '') };
}

type PlaceFields = Pick<ServerFields, 'destination' | 'b2Bucket'>;

/**
 * Where a server's archives go, for people and to tell whether two servers share a place: `b2:BUCKET`, `b2` while no
 * bucket is known, or `file:/dir`.
 */
export function placeOf(server: PlaceFields, environment: Environment): string {
  const destination = parseDestination(server.destination ?? environment.destination ?? 'b2');
  if (destination.kind === 'directory') return `file:${destination.path}`;
  const bucket = server.b2Bucket ?? environment.b2Bucket;
  return bucket === undefined ? 'b2' : `b2:${bucket}`;
}

/** The same where it is known for certain; undefined where the bucket is not, or the destination cannot be read. */
export function knownPlaceOf(server: PlaceFields, environment: Environment): string | undefined {
  try {
    const place = placeOf(server, environment);
    return place === 'b2' ? undefined : place;
  } catch (error) {
    if (error instanceof PgbakError) return undefined;
    throw error;
  }
}
