/** Who decides how texts of a database are ordered and classed. */
export type LocaleProvider = 'libc' | 'icu' | 'builtin';

/** What a database was made with, and what it cannot be changed to later. */
export interface DatabaseLocale {
  /** As PostgreSQL calls it: `UTF8`. */
  encoding: string;
  provider: LocaleProvider;
  /** LC_COLLATE and LC_CTYPE; the operating system's locales. */
  collate: string;
  ctype: string;
  /** ICU's or PostgreSQL's own locale. */
  locale?: string;
  icuRules?: string;
  /** Of the library that the provider is, where it tells. */
  collationVersion?: string;
}

/** A role that a dump names, or one whose member such a role is. */
export interface RoleFacts {
  name: string;
  isSuperuser?: boolean;
  bypassesRls?: boolean;
  memberOf?: string[];
}

/** One privilege on the database itself. */
export interface Grant {
  /** Absent: everybody. */
  grantee?: string;
  /** `CONNECT`, `CREATE`, `TEMPORARY`. */
  privilege: string;
  isGrantable?: boolean;
}

/** A setting of the database, or of a role in it. */
export interface DatabaseSetting {
  role?: string;
  name: string;
  value: string;
}

/** What a dump of one database leaves out, and what a server must have for it to load. Absent: as in a new database. */
export interface DatabaseFacts extends DatabaseLocale {
  /** `server_version_num` of its server: 150018. */
  serverVersion?: number;
  /** The major version of the pg_dump that dumped it. */
  clientMajor?: number;
  owner?: string;
  comment?: string;
  connectionLimit?: number;
  isTemplate?: boolean;
  refusesConnections?: boolean;
  /** Where it lies, if not in `pg_default`. */
  tablespace?: string;
  /** Where its tables and indexes lie besides. */
  tablespaces?: string[];
  privileges?: Grant[];
  settings?: DatabaseSetting[];
  labels?: { provider: string; label: string }[];
  extensions?: { name: string; version: string }[];
  roles?: RoleFacts[];
  /** How its server reads and writes values where a dump does not say: `lc_monetary`, `TimeZone`. */
  session?: Record<string, string>;
  /** Objects that one transaction locks when it loads all of them, rounded up to a power of two. */
  lockedObjects?: number;
}

/** Reads facts as they were noted; undefined for a text that holds none. Nothing in it is trusted to be what it should. */
export function parseDatabaseFacts(json: string): DatabaseFacts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { encoding, provider, collate, ctype } = value;
  if (typeof encoding !== 'string' || typeof collate !== 'string' || typeof ctype !== 'string') return undefined;
  if (provider !== 'libc' && provider !== 'icu' && provider !== 'builtin') return undefined;
  return {
    encoding,
    provider,
    collate,
    ctype,
    ...texts(value, ['locale', 'icuRules', 'collationVersion', 'owner', 'comment', 'tablespace']),
    ...numbers(value, ['serverVersion', 'clientMajor', 'connectionLimit', 'lockedObjects']),
    ...flags(value, ['isTemplate', 'refusesConnections']),
    ...(isTexts(value['tablespaces']) ? { tablespaces: value['tablespaces'] } : {}),
    ...listOf('privileges', value, (one) =>
      typeof one['privilege'] === 'string'
        ? { privilege: one['privilege'], ...texts(one, ['grantee']), ...flags(one, ['isGrantable']) }
        : undefined,
    ),
    ...listOf('settings', value, (one) =>
      typeof one['name'] === 'string' && typeof one['value'] === 'string'
        ? { name: one['name'], value: one['value'], ...texts(one, ['role']) }
        : undefined,
    ),
    ...listOf('labels', value, ({ provider: by, label }) =>
      typeof by === 'string' && typeof label === 'string' ? { provider: by, label } : undefined,
    ),
    ...listOf('extensions', value, ({ name, version }) =>
      typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined,
    ),
    ...listOf('roles', value, (one) =>
      typeof one['name'] === 'string'
        ? {
            name: one['name'],
            ...flags(one, ['isSuperuser', 'bypassesRls']),
            ...(isTexts(one['memberOf']) ? { memberOf: one['memberOf'] } : {}),
          }
        : undefined,
    ),
    ...(isObject(value['session'])
      ? {
          session: Object.fromEntries(
            Object.entries(value['session']).flatMap(([name, text]) =>
              typeof text === 'string' ? [[name, text]] : [],
            ),
          ),
        }
      : {}),
  };
}

/**
 * The facts as text of ASCII alone, for a storage that keeps short ones with an object: all of them or, where they take
 * more than `maxBytes` percent-encoded, those without which the database cannot be made; undefined where even these are too long.
 */
export function asShortText(facts: DatabaseFacts, maxBytes: number): string | undefined {
  const { encoding, provider, collate, ctype, locale, icuRules, serverVersion, clientMajor, lockedObjects } = facts;
  const few: Partial<DatabaseFacts> = { encoding, provider, collate, ctype };
  if (locale !== undefined) few.locale = locale;
  if (icuRules !== undefined) few.icuRules = icuRules;
  if (serverVersion !== undefined) few.serverVersion = serverVersion;
  if (clientMajor !== undefined) few.clientMajor = clientMajor;
  if (lockedObjects !== undefined) few.lockedObjects = lockedObjects;
  return [facts, few].map((one) => asciiJson(one)).find((text) => encodeURIComponent(text).length <= maxBytes);
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

type Unknown = Record<string, unknown>;

function isObject(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function texts<Name extends string>(from: Unknown, names: readonly Name[]): { [Key in Name]?: string } {
  const found: { [Key in Name]?: string } = {};
  for (const name of names) {
    const value = from[name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}

function numbers<Name extends string>(from: Unknown, names: readonly Name[]): { [Key in Name]?: number } {
  const found: { [Key in Name]?: number } = {};
  for (const name of names) {
    const value = from[name];
    if (Number.isSafeInteger(value)) found[name] = Number(value);
  }
  return found;
}

function flags<Name extends string>(from: Unknown, names: readonly Name[]): { [Key in Name]?: boolean } {
  const found: { [Key in Name]?: boolean } = {};
  for (const name of names) if (from[name] === true) found[name] = true;
  return found;
}

function listOf<Name extends string, One>(
  name: Name,
  from: Unknown,
  read: (value: Unknown) => One | undefined,
): { [Key in Name]?: One[] } {
  const list = from[name];
  const found: { [Key in Name]?: One[] } = {};
  if (!Array.isArray(list)) return found;
  found[name] = list.flatMap((one) => {
    const value = isObject(one) ? read(one) : undefined;
    return value === undefined ? [] : [value];
  });
  return found;
}
