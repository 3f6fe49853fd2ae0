import type { DatabaseFacts } from '../../core/database-facts.ts';
import type { Format } from '../../core/archive-format.ts';
import { ArchiveError } from '../../core/errors.ts';
import { readVersions } from './read-toc.ts';

/** The major versions of PostgreSQL that a dump names at its beginning. */
export interface DumpOrigin {
  /** Of the dumped server. */
  serverMajor: number;
  /** Of the pg_dump that wrote the dump. */
  clientMajor: number;
}

/** The versions that the backup's record holds, as far as they are known. */
export function notedOrigin(facts: DatabaseFacts | undefined): Partial<DumpOrigin> {
  const { serverVersion, clientMajor } = facts ?? {};
  return {
    ...(serverVersion === undefined ? {} : { serverMajor: Math.floor(serverVersion / 10_000) }),
    ...(clientMajor === undefined ? {} : { clientMajor }),
  };
}

export function isWholeOrigin(origin: Partial<DumpOrigin>): origin is DumpOrigin {
  return origin.serverMajor !== undefined && origin.clientMajor !== undefined;
}

/** This many bytes from the beginning of a dump are enough for `originOf`. */
export const ORIGIN_WITHIN_BYTES = 4096;

const LINES = /^-- Dumped from database version (\d+).*\n-- Dumped by pg_dump version (\d+)/m;

/** Reads the versions from the beginning of a dump; undefined where it does not name them. */
export function originOf(format: Format, head: Buffer): DumpOrigin | undefined {
  const [server, client] = format === 'sql' ? linesOf(head) : versionsOf(head);
  const [serverMajor, clientMajor] = [Number.parseInt(server ?? '', 10), Number.parseInt(client ?? '', 10)];
  return Number.isNaN(serverMajor) || Number.isNaN(clientMajor) ? undefined : { serverMajor, clientMajor };
}

function linesOf(head: Buffer): (string | undefined)[] {
  return LINES.exec(head.toString('latin1'))?.slice(1) ?? [];
}

function versionsOf(head: Buffer): (string | undefined)[] {
  try {
    const versions = readVersions(head);
    return [versions?.server, versions?.client];
  } catch (error) {
    // The format is unknown. pg_restore will report what is wrong with it.
    if (error instanceof ArchiveError) return [];
    throw error;
  }
}
