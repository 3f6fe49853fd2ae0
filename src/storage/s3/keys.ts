import { posix } from 'node:path';
import { createHash } from 'node:crypto';
import { parseVersion } from '../version-names.ts';

/** Puts the prefix of a place before names, and takes it off keys. */
export interface Keys {
  keyOf(name: string): string;
  nameOf(key: string): string | undefined;
}

export function keysBelow(prefix: string | undefined): Keys {
  const before = prefix === undefined || prefix === '' ? '' : `${prefix}/`;
  return {
    keyOf: (name) => before + name,
    nameOf: (key) => (key.startsWith(before) ? key.slice(before.length) : undefined),
  };
}

/** What a key below a place stands for: a stamped one is a backup of its own, any other has versions. */
export function readKey(file: string): { name: string; stampedAt?: Date; number: number } {
  const version = parseVersion(file);
  if (version === undefined) return { name: file, number: 1 };
  return { name: version.name, stampedAt: version.storedAt, number: version.number };
}

const EXTENSION = /\.(?:sql|bin|dir|sqlite)\.7z$/;

/** The longest beginning that keys of objects whose name begins with `prefix` have in common, with a stamp or without. */
export function commonStart(prefix: string): string {
  if (EXTENSION.test(prefix)) return prefix.replace(EXTENSION, '.');
  const folder = posix.dirname(`${prefix}x`);
  const file = folder === '.' ? prefix : prefix.slice(folder.length + 1);
  const dot = file.indexOf('.');
  return dot === -1 ? prefix : prefix.slice(0, prefix.length - file.length + dot + 1);
}

/**
 * What stands in the first part of an unfinished upload until the last moment: the mark of the catalogue that began it. S3 keeps
 * no other fact with unfinished uploads, and no host may cancel that of another.
 */
export function markOf(owner: string): { bytes: Buffer; md5: string; sha256: string } {
  const digest = createHash('sha256').update(owner).digest('hex');
  const bytes = Buffer.from(`pgbak: an unfinished upload of the catalogue ${digest}\n`);
  return {
    bytes,
    md5: createHash('md5').update(bytes).digest('hex'),
    sha256: createHash('sha256').update(bytes).digest('base64'),
  };
}
