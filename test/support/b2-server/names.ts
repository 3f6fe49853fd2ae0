import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from './refusal.ts';

/** B2's rules for file names. */
export function checkFileName(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > 1024) throw badRequest('File names must be 1 to 1024 bytes');
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001F\u007F]/.test(name)) throw badRequest('File names must not contain control characters');
  if (name.startsWith('/') || name.endsWith('/') || name.includes('//'))
    throw badRequest('File names must not start or end with a slash');
  if (name.split('/').some((segment) => Buffer.byteLength(segment) > 250))
    throw badRequest('File name segments must be at most 250 bytes');
  return name;
}

/** `X-Bz-Info-*` headers, lower-cased and decoded. */
export function infoOf(headers: IncomingHttpHeaders): Record<string, string> {
  const info = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-bz-info-'))
    .map(([name, value]): [string, string] => [name.slice('x-bz-info-'.length), decodeURIComponent(String(value))]);
  checkInfo(Object.fromEntries(info));
  return Object.fromEntries(info);
}

export function checkInfo(info: Record<string, string>): void {
  const sizeBytes = Object.entries(info).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (sizeBytes > 7000) throw badRequest('File info is larger than 7000 bytes');
  for (const name of Object.keys(info))
    if (name.length > 50) throw badRequest('File info names must be at most 50 bytes');
}

/** A field of a call's JSON; B2 takes a missing one, null and '' for the same. */
export function textOf(json: Record<string, unknown>, field: string): string {
  const value = json[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The order of listings: by the bytes of the UTF-8 name. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
