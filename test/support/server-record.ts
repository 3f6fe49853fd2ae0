import { Secret } from '../../src/core/secret.ts';
import { SERVER_DEFAULTS, type ServerRecord } from '../../src/server/server.ts';

/** A server that has all it needs, changed as a test wants it. */
export function serverRecord(changes: Partial<ServerRecord> = {}): ServerRecord {
  return {
    ...SERVER_DEFAULTS,
    id: 1,
    name: 'shop',
    connectionString: new Secret('postgresql://app:s3cret@db.example/shop'),
    archiveName: 'shop',
    destinations: ['file:/srv/backups'],
    ...changes,
  };
}
