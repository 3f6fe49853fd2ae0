import { statSync } from 'node:fs';
import { Secret } from '../../src/core/secret.ts';
import { openB2Storage } from '../../src/storage/b2/storage.ts';
import { systemClock } from '../../src/system/clock.ts';

// Uploads a file as a backup that was made before its upload began: for what pgbak is compared with.
const [path = ''] = process.argv.slice(2);
const { B2_API_URL: apiUrl, B2_KEY_ID: id = '', B2_APP_KEY: key = '', B2_BUCKET: bucket = '' } = process.env;
const storage = openB2Storage({
  keyId: new Secret(id),
  applicationKey: new Secret(key),
  bucket,
  apiUrl,
  owner: 'bench',
  clock: systemClock,
});
await storage.put(
  'other.sql.7z',
  { path, sizeBytes: statSync(path).size },
  { signal: new AbortController().signal, startedAt: new Date(), info: {} },
);
