import { PgbakError, RefusedError, StorageError } from '../../core/errors.ts';
import { B2Failure, MALFORMED } from './failure.ts';

const CAPS: Record<string, string> = {
  storage_cap_exceeded: 'its storage cap is reached',
  transaction_cap_exceeded: 'its cap of transactions is reached',
  download_cap_exceeded: 'its download cap is reached',
  cap_exceeded: 'one of its caps is reached',
};

/**
 * A failure of B2 in words that a user can act on; errors of pgbak itself and bugs stay as they are. `what` is
 * what was tried, after "B2 does not …": `take the archive shop.sql.7z`.
 */
export function b2Error(error: unknown, what: string, host: string): unknown {
  if (error instanceof PgbakError || !(error instanceof B2Failure)) return error;
  const { status, code, message } = error;
  const details = [status === undefined ? '' : `HTTP ${status}`, code, message === code ? '' : message]
    .filter((detail) => detail !== '')
    .join(', ');
  if (status === undefined) {
    return new StorageError(
      `${error.host ?? host} did not ${what}: the connection failed (${code})`,
      'Check the network, and whether https://status.backblaze.com reports trouble.',
    );
  }
  const cap = CAPS[code];
  if (cap !== undefined) {
    return new RefusedError(
      `B2 does not ${what}: the account may not, ${cap} (${details})`,
      'Raise it under "Caps & Alerts" of the Backblaze account.',
    );
  }
  if (code === 'unsupported') {
    return new RefusedError(
      `B2 does not ${what}: this application key reaches several buckets, which needs a newer API (${details})`,
      'Use a key of one bucket, or of all.',
    );
  }
  if (status === 401) {
    return new RefusedError(
      `B2 does not ${what}: the application key may not (${details})`,
      'The key needs the capabilities listBuckets, listFiles, readFiles and writeFiles for this bucket and name.',
    );
  }
  if (status === 403 && code === 'access_denied') {
    return new RefusedError(`B2 does not ${what}: access denied, perhaps by Object Lock (${details})`);
  }
  if (code === MALFORMED) {
    return new StorageError(
      `${error.host ?? host} did not ${what}, though it was asked again and again (${message})`,
      'Something between here and B2 answers in its place, a proxy perhaps, or cuts its answers short.',
    );
  }
  if (status === 404) return new StorageError(`B2 does not ${what}: it is not there any more (${details})`);
  if (status === 429 || status >= 500) {
    return new StorageError(
      `B2 did not ${what}, though it was asked again and again (${details})`,
      'Look at https://status.backblaze.com; the next run tries again.',
    );
  }
  return new StorageError(`B2 does not ${what} (${details})`);
}
