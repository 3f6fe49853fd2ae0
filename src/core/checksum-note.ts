import { createHash, createHmac, scrypt, timingSafeEqual } from 'node:crypto';
import { basename } from 'node:path/posix';
import { promisify } from 'node:util';
import type { Secret } from './secret.ts';

/**
 * An archive's SHA-256, kept beside the archive, where the rebuild of a lost catalogue finds it. With an archive password it is
 * signed by HMAC-SHA-256, with a key that scrypt derives from the password. Writers to the storage who do not know the password
 * then cannot replace the archive unnoticed.
 */
interface SumNote {
  /** 64 hexadecimal digits. */
  sha256: string;
  signature?: { hmac: string; salt: string };
}

/** The backup that a sum belongs to, so that an earlier backup of the same server does not pass for it. */
interface SumSubject {
  /** `production/shop.sql.7z`. The folder is not signed: it may be moved. */
  objectName: string;
  startedAt: Date;
}

/** A note with a signature, for LIKE of SQL. */
export const SIGNED_NOTE = 'sha256:%,hmac-sha256:%,scrypt:%';

/** One word of printable ASCII: `sha256:HEX`, or `sha256:HEX,hmac-sha256:HEX,scrypt:SALT`. */
export function formatNote({ sha256, signature }: SumNote): string {
  const signed = signature === undefined ? [] : [`hmac-sha256:${signature.hmac}`, `scrypt:${signature.salt}`];
  return [`sha256:${sha256}`, ...signed].join(',');
}

/** Undefined for any other text. */
export function parseNote(text: string): SumNote | undefined {
  const pattern = /^sha256:([\da-f]{64})(?:,hmac-sha256:([\da-f]{64}),scrypt:([\da-f]{1,64}))?$/;
  const [, sha256, hmac, salt] = pattern.exec(text) ?? [];
  if (sha256 === undefined) return undefined;
  return { sha256, ...(hmac === undefined || salt === undefined ? {} : { signature: { hmac, salt } }) };
}

/** The note of an archive's checksum, signed where there is a password: only who knows it can make such an archive. */
export async function noteFor(
  sha256: string,
  subject: SumSubject,
  password: Secret | undefined,
  catalogId: string,
): Promise<string> {
  if (password === undefined) return formatNote({ sha256 });
  const salt = createHash('sha256').update(catalogId).digest('hex').slice(0, SALT_DIGITS);
  return formatNote(await signSum(sha256, subject, password, salt));
}

const SALT_DIGITS = 32;

/** `salt`: up to 64 hexadecimal digits, the same for all archives of a catalogue, so that the key is derived once. */
async function signSum(sha256: string, subject: SumSubject, password: Secret, salt: string): Promise<SumNote> {
  return { sha256, signature: { hmac: await hmacOf(sha256, subject, password, salt), salt } };
}

/** Whether a note was signed with that password for that backup. */
export async function isSignedWith(note: SumNote, subject: SumSubject, password: Secret): Promise<boolean> {
  if (note.signature === undefined) return false;
  const { hmac, salt } = note.signature;
  const expected = await hmacOf(note.sha256, subject, password, salt);
  return timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(hmac, 'hex'));
}

/** The same for any of several passwords, one after the other: each takes a tenth of a second and 32 MB. */
export async function isSignedWithAny(
  note: SumNote,
  subject: SumSubject,
  passwords: readonly Secret[],
): Promise<boolean> {
  for (const password of passwords) if (await isSignedWith(note, subject, password)) return true;
  return false;
}

async function hmacOf(sha256: string, { objectName, startedAt }: SumSubject, password: Secret, salt: string) {
  const key = await keyOf(password, salt);
  // A directory keeps whole seconds.
  const stamp = startedAt.toISOString().slice(0, 19);
  return createHmac('sha256', key)
    .update(`pgbak\n${basename(objectName)}\n${stamp}\n${sha256}\n`)
    .digest('hex');
}

/** 32 MB and a tenth of a second: guessing the password costs as much here as with the archive itself. */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 32;
const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** One key is enough: servers with the same password mostly follow each other. */
let lastKey: { password: string; salt: string; key: Promise<Buffer> } | undefined;

async function keyOf(password: Secret, salt: string): Promise<Buffer> {
  const text = password.reveal();
  if (lastKey?.password !== text || lastKey.salt !== salt) {
    lastKey = { password: text, salt, key: derive(text, Buffer.from(salt, 'hex'), KEY_BYTES, COST) };
  }
  return await lastKey.key;
}
