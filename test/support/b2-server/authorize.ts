import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ACCOUNT_ID, type Key, type Model } from './model.ts';
import { Refusal, unauthorized } from './refusal.ts';

/** b2_authorize_account, in the shapes of API versions 1 to 4. */
export function authorizeAccount(model: Model, request: IncomingMessage, version: number, url: string): unknown {
  const [id = '', ...secret] = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':');
  const key = model.keys.get(id);
  if (key === undefined || key.secret !== secret.join(':'))
    throw unauthorized('The applicationKeyId and/or the applicationKey are wrong.');
  const token = `4_${randomBytes(24).toString('hex')}`;
  model.tokens.set(token, { key, isExpired: false });
  const bucket = key.bucketId === undefined ? undefined : model.buckets.get(key.bucketId);
  const sizes = {
    recommendedPartSize: model.recommendedPartSize,
    absoluteMinimumPartSize: model.absoluteMinimumPartSize,
  };
  const urls = { apiUrl: url, downloadUrl: url, s3ApiUrl: url };
  const account = { accountId: ACCOUNT_ID, authorizationToken: token };
  const restriction = {
    bucketId: bucket?.id ?? null,
    bucketName: bucket?.name ?? null,
    namePrefix: key.namePrefix ?? null,
  };
  if (version <= 2) {
    const allowed = { capabilities: key.capabilities, ...restriction };
    const old = version === 1 ? { minimumPartSize: model.recommendedPartSize } : {};
    return { ...account, ...urls, ...sizes, ...old, allowed };
  }
  const allowed =
    version === 3
      ? { capabilities: key.capabilities, ...restriction }
      : {
          allowed: {
            capabilities: key.capabilities,
            buckets: bucket === undefined ? null : [{ id: bucket.id, name: bucket.name }],
            namePrefix: key.namePrefix ?? null,
          },
        };
  const storageApi = { infoType: 'storageApi', ...urls, ...sizes, ...allowed };
  return { ...account, applicationKeyExpirationTimestamp: null, apiInfo: { storageApi } };
}

/** The key behind an account token. */
export function keyOf(model: Model, token: string | undefined): Key {
  const known = token === undefined ? undefined : model.tokens.get(token);
  if (known === undefined) throw new Refusal(401, 'bad_auth_token', 'Invalid authorization token');
  if (known.isExpired) throw new Refusal(401, 'expired_auth_token', 'Authorization token has expired');
  return known.key;
}

/** Refuses what a key may not do, or not in that bucket, or not under that name. */
export function demand(key: Key, capability: string, bucketId?: string, name?: string): void {
  if (!key.capabilities.includes(capability)) throw unauthorized(`Key lacks the capability ${capability}`);
  if (key.bucketId !== undefined && bucketId !== undefined && key.bucketId !== bucketId) {
    throw unauthorized('Key is restricted to another bucket');
  }
  if (key.namePrefix !== undefined && name !== undefined && !name.startsWith(key.namePrefix)) {
    throw unauthorized('Key is restricted to another name prefix');
  }
}
