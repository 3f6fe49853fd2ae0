import { ArchiveError } from '../../core/errors.ts';

/**
 * The names of PostgreSQL's encodings in the Encoding Standard
 * (https://www.postgresql.org/docs/current/multibyte.html).
 */
const LABELS: Readonly<Record<string, string>> = {
  UTF8: 'utf-8',
  SQL_ASCII: 'utf-8',
  EUC_CN: 'gbk',
  EUC_JP: 'euc-jp',
  EUC_JIS_2004: 'euc-jp',
  EUC_KR: 'euc-kr',
  UHC: 'euc-kr',
  GBK: 'gbk',
  GB18030: 'gb18030',
  BIG5: 'big5',
  SJIS: 'shift_jis',
  SHIFT_JIS_2004: 'shift_jis',
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  ISO_8859_5: 'iso-8859-5',
  ISO_8859_6: 'iso-8859-6',
  ISO_8859_7: 'iso-8859-7',
  ISO_8859_8: 'iso-8859-8',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  WIN866: 'ibm866',
  WIN874: 'windows-874',
};

/**
 * Decodes bytes of a dump, given as one character each. They stay as they are where there is no decoder for the
 * encoding, or where they are invalid in it. Such names look odd, but still compare equal with each other.
 */
export function textDecoderOf(encoding: string): (bytes: string) => string {
  const label = LABELS[encoding] ?? (encoding.startsWith('WIN') ? encoding.replace('WIN', 'windows-') : undefined);
  if (label === undefined) return (bytes) => bytes;
  const decoder = new TextDecoder(label, { fatal: true });
  return (bytes) => {
    if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
    try {
      return decoder.decode(Buffer.from(bytes, 'latin1'));
    } catch {
      return bytes;
    }
  };
}

/** One entry in the table of contents of a binary dump. */
export interface TocEntry {
  dumpId: number;
  /** `TABLE`, `TABLE DATA`, `INDEX`, ... (src/bin/pg_dump/pg_dump.c). */
  kind: string;
  /** Its schema; empty where it is in none. */
  schema: string;
  /** Its name, without quotes. A part of another object is called `customer id` or `COLUMN customer.name`. */
  name: string;
  owner: string;
  /** The statements that create it. */
  definition: string;
  /** The COPY that loads its rows; empty where it has no rows, or has them as INSERTs. */
  copyStatement: string;
  /** In a directory, the file of its rows, before pg_dump compressed it: `3456.dat`. */
  fileName?: string;
  /** The `dumpId`s of the entries that it depends on. */
  dependsOn: readonly number[];
}

/** The head and the table of contents of a binary dump. */
export interface Toc {
  /** The version of the dumped server, in its own words: `15.18 (Debian 15.18-0+deb12u1)`. */
  serverVersion: string;
  entries: readonly TocEntry[];
  /** Where the rows begin. */
  sizeBytes: number;
  /** The length of an integer in this dump, in bytes. */
  integerBytes: number;
  /** Whether the rows are compressed. */
  isCompressed: boolean;
}

/** The name for messages: `sales.orders`. */
export function nameOf({ schema, name }: Pick<TocEntry, 'schema' | 'name'>): string {
  return schema === '' ? name : `${schema}.${name}`;
}

const MAGIC = 'PGDMP';
/** Versions of the archive format (src/bin/pg_dump/pg_backup_archiver.h): 1.14 since PostgreSQL 12, 1.16 since 17. */
const OLDEST_KNOWN = 14;
const NEWEST_KNOWN = 16;
const ALGORITHM_SINCE = 15;
const RELATION_KIND_SINCE = 16;
const CUSTOM = 1;
const DIRECTORY = 3;
/** pg_dump writes 4. JavaScript reads integers of at most 6 bytes exactly (Buffer.readUIntLE). */
const MOST_INTEGER_BYTES = 6;
/** Seconds to year, and daylight saving time. */
const TIME_FIELDS = 7;

/**
 * Reads the table of contents of a custom dump or of a directory (ReadHead and ReadToc in
 * src/bin/pg_dump/pg_backup_archiver.c). Undefined while `bytes` do not hold all of it.
 *
 * @throws ArchiveError where it is no custom dump, or the version of its format is unknown
 */
export function readToc(bytes: Buffer): Toc | undefined {
  return unlessTooShort(() => parse(bytes));
}

/** Reads the versions of the dumped server and of pg_dump. Undefined while `bytes` do not hold them. */
export function readVersions(bytes: Buffer): { server: string; client: string } | undefined {
  const head = unlessTooShort(() => parseHead(bytes));
  return head === undefined ? undefined : { server: head.serverVersion, client: head.clientVersion };
}

function unlessTooShort<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TooShort) return undefined;
    throw error;
  }
}

class TooShort extends Error {}

/** Reads the head, and returns the functions that read on from its end. */
function parseHead(bytes: Buffer) {
  let at = 0;
  const take = (length: number) => {
    if (length < 0 || at + length > bytes.length) throw new TooShort();
    at += length;
    return bytes.subarray(at - length, at);
  };
  const byte = () => take(1).readUInt8();
  if (take(MAGIC.length).toString('latin1') !== MAGIC)
    throw new ArchiveError('the file is not a binary dump of pg_dump');
  const [major, minor] = [byte(), byte(), byte()];
  const integerBytes = byte();
  const offsetBytes = byte();
  const layout = byte();
  const isDirectory = layout === DIRECTORY;
  if (
    (layout !== CUSTOM && !isDirectory) ||
    major !== 1 ||
    minor === undefined ||
    minor < OLDEST_KNOWN ||
    minor > NEWEST_KNOWN
  ) {
    throw new ArchiveError(
      `the dump has the format ${major}.${minor}, and this pgbak can choose tables only in formats 1.${OLDEST_KNOWN} to 1.${NEWEST_KNOWN}`,
      'Restore all of it, or write it to a file (--output) and choose with pg_restore --use-list.',
    );
  }
  if (integerBytes === 0 || integerBytes > MOST_INTEGER_BYTES) {
    throw new ArchiveError(`the dump has integers of ${integerBytes} bytes, which pg_dump never writes`);
  }
  const integer = () => {
    const isNegative = byte() !== 0;
    const value = take(integerBytes).readUIntLE(0, integerBytes);
    return isNegative ? -value : value;
  };
  /** One character for each byte, because the encoding is not known yet. Undefined where there is no text. */
  const text = () => {
    const length = integer();
    return length < 0 ? undefined : take(length).toString('latin1');
  };

  const isCompressed = (minor >= ALGORITHM_SINCE ? byte() : integer()) !== 0;
  for (let field = 0; field < TIME_FIELDS; field += 1) integer();
  text();
  const serverVersion = text() ?? '';
  const clientVersion = text() ?? '';
  return {
    serverVersion,
    clientVersion,
    isCompressed,
    isDirectory,
    minor,
    integerBytes,
    offsetBytes,
    integer,
    text,
    take,
    place: () => at,
  };
}

function parse(bytes: Buffer): Toc {
  const { serverVersion, isCompressed, isDirectory, minor, integerBytes, offsetBytes, integer, text, take, place } =
    parseHead(bytes);
  const entries: TocEntry[] = [];
  for (let left = integer(); left > 0; left -= 1) {
    const dumpId = integer();
    // Skip the flag for rows, and the object's ids in the dumped server.
    integer();
    text();
    text();
    const name = text() ?? '';
    const kind = text() ?? '';
    integer();
    const definition = text() ?? '';
    text();
    const copyStatement = text() ?? '';
    const schema = text() ?? '';
    text();
    text();
    if (minor >= RELATION_KIND_SINCE) integer();
    const owner = text() ?? '';
    text();
    const dependsOn: number[] = [];
    for (let id = text(); id !== undefined; id = text()) dependsOn.push(Number(id));
    const entry = { dumpId, kind, schema, name, owner, definition, copyStatement, dependsOn };
    if (isDirectory) entries.push({ ...entry, fileName: text() ?? '' });
    else {
      take(1 + offsetBytes);
      entries.push(entry);
    }
  }
  return { serverVersion, entries: decoded(entries), sizeBytes: place(), integerBytes, isCompressed };
}

function decoded(entries: readonly TocEntry[]): TocEntry[] {
  const setting = entries.find(({ kind }) => kind === 'ENCODING')?.definition ?? '';
  const decode = textDecoderOf(/'([^']*)'/.exec(setting)?.[1] ?? 'UTF8');
  return entries.map((entry) => ({
    ...entry,
    name: decode(entry.name),
    schema: decode(entry.schema),
    owner: decode(entry.owner),
    definition: decode(entry.definition),
    copyStatement: decode(entry.copyStatement),
  }));
}
