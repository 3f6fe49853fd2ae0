import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, normalize, resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';

/**
 * A **place** is text that says where archives are: `b2:BUCKET`, `file:/srv/backups`. Its scheme tells the kind of storage,
 * and only this file reads it.
 */
export type Place =
  | { kind: 'b2'; bucket?: string; prefix?: string }
  | { kind: 's3'; bucket: string; prefix?: string }
  | { kind: 'directory'; path: string }
  | { kind: 'rclone'; remote: string; path: string };

/** The place of archives where no setting names one. Its bucket is a setting of its own. */
export const DEFAULT_PLACE = 'b2';

/**
 * Reads `b2`, `b2:BUCKET[/PREFIX]`, `s3:BUCKET[/PREFIX]`, `rclone:REMOTE:PATH`, `file:/absolute/dir` or `/absolute/dir`; throws a
 * `ConfigError` for anything else.
 */
export function parsePlace(text: string): Place {
  if (text === 'b2') return { kind: 'b2' };
  if (text.startsWith('b2:')) return { kind: 'b2', ...bucketAndPrefix(text) };
  if (text.startsWith('s3:')) return parseS3(text);
  if (text.startsWith(RCLONE)) return { kind: 'rclone', ...parseRemote(text.slice(RCLONE.length)) };
  const path = (directoryAt(text) ?? text).replace(/^\/{2,}/, '/');
  if (!isAbsolute(path)) throw unknownPlace(text);
  return { kind: 'directory', path: normalize(path).replace(/(?<=.)\/$/, '') };
}

/** A bucket, and the beginning of all names in it: `b2:BUCKET/PREFIX`. */
function bucketAndPrefix(text: string): { bucket: string; prefix?: string } {
  const [bucket = '', ...parts] = text
    .slice(text.indexOf(':') + 1)
    .replace(/\/$/, '')
    .split('/');
  // A part like this would lead out of the prefix where names become paths.
  if (bucket === '' || parts.some((part) => part === '' || part === '.' || part === '..')) throw unknownPlace(text);
  return parts.length === 0 ? { bucket } : { bucket, prefix: parts.join('/') };
}

/** Names of buckets have these characters everywhere; some services allow fewer. */
const S3_BUCKET = /^[A-Za-z\d][\w.-]{1,62}$/;

function parseS3(text: string): Place {
  const place = bucketAndPrefix(text);
  if (!S3_BUCKET.test(place.bucket) || /\p{Cc}/u.test(text)) throw unknownPlace(text);
  return { kind: 's3', ...place };
}

/** How a place on a remote of rclone begins. */
const RCLONE = 'rclone:';

function parseRemote(text: string): { remote: string; path: string } {
  const [, remote, path] = /^([\p{L}\p{N}_.+@][\p{L}\p{N}_.+@ -]*):([^\p{Cc}]*)$/u.exec(text) ?? [];
  // The text is not repeated: a connection string (https://rclone.org/docs/#connection-strings) may hold passwords.
  if (remote === undefined || path === undefined || remote.endsWith(' ') || path.split('/').includes('..'))
    throw new ConfigError(
      'the destination after rclone: must be a remote of rclone and a path there, without ".."',
      'For example: --destination rclone:nas:backups. To make a remote: rclone config. A connection string may hold passwords, so it is not taken.',
    );
  return { remote, path: path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '') };
}

export function unknownPlace(text: string): ConfigError {
  const meant = absoluteOf(directoryAt(text) ?? text);
  if (meant !== undefined)
    return new ConfigError(
      `the directory in the destination "${text}" must begin with /`,
      `For example: --destination ${quoted(`file:${meant}`)}`,
    );
  return new ConfigError(
    // A secret may have got into the wrong field, so only text that was meant as a path is repeated.
    directoryAt(text) === undefined
      ? 'the destination must be b2, s3:BUCKET, a directory, or a remote of rclone'
      : `the directory in the destination "${text}" must begin with /`,
    text.startsWith('s3:')
      ? 'For example: --destination s3:my-backups, or s3:my-backups/production'
      : text.startsWith('b2:')
        ? 'For example: --destination b2:my-backups, or b2:my-backups/production'
        : 'For example: --destination file:/srv/backups',
  );
}

/** The path that a relative one most likely stands for: below the home directory, or where there is such a directory. */
export function absoluteOf(path: string): string | undefined {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return path !== '' && existsSync(path) ? resolve(path) : undefined;
}

/** The text of a place or destination; `b2` where the bucket is not known. */
export function printPlace(place: Place): string {
  if (place.kind === 'directory') return `file:${place.path}`;
  if (place.kind === 'rclone') return `${RCLONE}${place.remote}:${place.path}`;
  return [place.kind, place.bucket, place.prefix]
    .filter((part) => part !== undefined)
    .join('/')
    .replace('/', ':');
}

/** The path of the directory that a place names, unchecked; undefined for other kinds of storage. */
export function directoryAt(place: string | undefined): string | undefined {
  return place?.startsWith('file:') === true ? place.slice('file:'.length) : undefined;
}

/** Where an archive is: the path of a file, or place and object name. */
export function whereOf({
  place,
  objectName,
  objectId,
}: Partial<Record<'place' | 'objectName' | 'objectId', string>>): string {
  if (place === undefined) return 'not recorded by the earlier program';
  if (place.startsWith(RCLONE)) return below(place, objectId ?? '');
  return directoryAt(place) === undefined ? `${place}/${objectName ?? ''}` : (objectId ?? place);
}

/** Where the next archive of that name will be: `/srv/backups/shop.<time>.sql.7z`, `b2:BUCKET/shop.sql.7z`. */
export function whereNext(place: string, objectName: string): string {
  const directory = directoryAt(place);
  const stamped = objectName.replace(/(\.[a-z]+\.7z)?$/, '.<time>$1');
  if (directory !== undefined) return join(directory, stamped);
  return place.startsWith(RCLONE) ? below(place, stamped) : `${place}/${objectName}`;
}

/** A file on a remote, whose root needs no slash: `rclone:nas:shop.sql.7z`. */
function below(place: string, file: string): string {
  return /[:/]$/.test(place) ? place + file : `${place}/${file}`;
}

/** The place of a bucket, and a prefix, that a person typed, with or without its scheme. */
export function s3Place(text: string): string {
  return `s3:${text.trim().replace(/^s3:/, '')}`;
}

/** The place of a directory whose path a person typed, with or without its scheme. */
export function directoryPlace(text: string): string {
  return `file:${directoryAt(text) ?? text}`;
}

/** The remote and path that a place names, unchecked; undefined for other kinds of storage. */
export function remoteAt(place: string): string | undefined {
  return place.startsWith(RCLONE) ? place.slice(RCLONE.length) : undefined;
}

/** The place of a remote and path that a person typed, with or without its scheme. */
export function remotePlace(text: string): string {
  return `${RCLONE}${remoteAt(text) ?? text}`;
}

/**
 * The notes of a catalogue about places. They distinguish a directory from an empty one, such as where its disk is not
 * mounted.
 */
export interface PlaceMemory {
  /** The mark of a place; undefined where none was noted yet. */
  mark(place: string): Promise<string | undefined>;
  noteMark(place: string, mark: string): Promise<void>;
  /** The ids of some archives that should be there, newest first. */
  expected(place: string): Promise<string[]>;
}
