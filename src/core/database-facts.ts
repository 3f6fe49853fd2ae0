/** The library that sorts and classifies the texts of a database. */
type LocaleProvider = 'libc' | 'icu' | 'builtin';

/** The encoding and locale with which a database was created; they cannot be changed later. */
export interface DatabaseLocale {
  /** As PostgreSQL calls it: `UTF8`. */
  encoding: string;
  provider: LocaleProvider;
  /** LC_COLLATE and LC_CTYPE: locales of the operating system. */
  collate: string;
  ctype: string;
  /** A locale of ICU, or PostgreSQL's own. */
  locale?: string;
  icuRules?: string;
  /** The version of the provider's library, where that reports one. */
  collationVersion?: string;
}

/** A role that a dump names, or of which such a role is a member. */
export interface RoleFacts {
  name: string;
  isSuperuser?: boolean;
  bypassesRls?: boolean;
  memberOf?: string[];
}

/** One privilege on the database itself. */
interface Grant {
  /** Absent: PUBLIC. */
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

/**
 * Facts that the dump of a database does not hold, and that a server needs to load it. An absent fact is as in a new
 * database.
 */
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
  /** The database's tablespace, if not `pg_default`. */
  tablespace?: string;
  /** Further tablespaces of its tables and indexes. */
  tablespaces?: string[];
  privileges?: Grant[];
  settings?: DatabaseSetting[];
  labels?: { provider: string; label: string }[];
  extensions?: { name: string; version: string }[];
  roles?: RoleFacts[];
  /** Server settings that change how values are read and written, which no dump holds: `lc_monetary`, `TimeZone`. */
  session?: Record<string, string>;
  /** How many objects a load in one transaction locks, rounded up to a power of two. */
  lockedObjects?: number;
}

/** Reads recorded facts; undefined for a text that holds none. Trusts nothing in the text: skips values of a wrong type. */
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
 * The facts as ASCII text, for a storage that keeps a short text with an object: all of them or, where they take more than
 * `maxBytes` percent-encoded, those without which the database cannot be created. Undefined where even these are too long.
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
