import { randomBytes } from 'node:crypto';
import { demand } from './authorize.ts';
import { ACCOUNT_ID, type Key, type Model } from './model.ts';
import { badRequest } from './refusal.ts';

type Json = Record<string, unknown>;

/** Adds a key. Its secret is told once, by b2_create_key. */
export function addKey(model: Model, restrictions: Omit<Key, 'id' | 'secret'>): Key {
  const key: Key = {
    id: `key-id-${model.nextNumber()}`,
    secret: `K005${randomBytes(14).toString('hex')}`,
    ...restrictions,
  };
  model.keys.set(key.id, key);
  return key;
}

/** b2_create_key. */
export function createKey(model: Model, key: Key, json: Json): unknown {
  demand(key, 'writeKeys');
  const { capabilities, keyName, bucketId, namePrefix } = json;
  if (!Array.isArray(capabilities) || capabilities.length === 0) throw badRequest('Missing field: capabilities');
  if (typeof bucketId === 'string' && !model.buckets.has(bucketId)) {
    throw badRequest(`Bucket ${bucketId} does not exist`, 'bad_bucket_id');
  }
  const made = addKey(model, {
    name: String(keyName),
    capabilities: capabilities.map(String),
    ...(typeof bucketId === 'string' ? { bucketId } : {}),
    ...(typeof namePrefix === 'string' && namePrefix !== '' ? { namePrefix } : {}),
  });
  return { ...keyObject(made), applicationKey: made.secret };
}

/** b2_list_keys, on one page. */
export function listKeys(model: Model, key: Key): unknown {
  demand(key, 'listKeys');
  return { keys: [...model.keys.values()].map((one) => keyObject(one)), nextApplicationKeyId: null };
}

/** b2_delete_key: its tokens end with it. */
export function deleteKey(model: Model, key: Key, id: string): unknown {
  demand(key, 'deleteKeys');
  const gone = model.keys.get(id);
  if (gone === undefined) throw badRequest(`Key not present: ${id}`);
  model.keys.delete(id);
  for (const token of model.tokens.values()) if (token.key === gone) token.isExpired = true;
  return keyObject(gone);
}

function keyObject({ id, name, capabilities, bucketId, namePrefix }: Key): Json {
  return {
    accountId: ACCOUNT_ID,
    applicationKeyId: id,
    keyName: name ?? id,
    capabilities,
    bucketId: bucketId ?? null,
    namePrefix: namePrefix ?? null,
    expirationTimestamp: null,
    options: ['s3'],
  };
}
