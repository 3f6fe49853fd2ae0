/** A version of PostgreSQL: `major` decides what can read what. */
export interface Version {
  major: number;
  /** As people write it: `17.2`. */
  text: string;
}

/** Reads `pg_dump (PostgreSQL) 15.18 (Debian ...)`; undefined when the text is of no such program. */
export function parseClientVersion(output: string): Version | undefined {
  const text = /\(PostgreSQL\) (\d+[\w.]*)/.exec(output)?.[1];
  return text === undefined ? undefined : { major: Number.parseInt(text, 10), text };
}

/** Reads a server's `server_version_num` (170002) and `server_version` (`17.2 (Debian ...)`). */
export function parseServerVersion(number: string, text: string): Version {
  return { major: Math.floor(Number(number) / 10_000), text: text.split(' ', 1)[0] ?? text };
}
