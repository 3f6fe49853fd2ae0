import { FORMATS, parseCompression } from '../core/archive-format.ts';
import { ConfigError } from '../core/errors.ts';
import { parsePingUrl } from '../notify/ping-url.ts';
import { CLUSTER_FIELDS } from './cluster-fields.ts';
import { BASICS, DUMPED, ENCRYPTION, HEALTH_CHECKS, LIMITS, STORAGE } from './flag-groups.ts';
import { parseFrequency } from './frequency.ts';
import { LIMIT_FIELDS } from './limit-fields.ts';
import { parseArchiveName, parseName } from './names.ts';
import { destinationTexts } from './destination-text.ts';
import { choice, keptWhere, optionalText, text, whole, yesOrNo } from './field-kinds.ts';
import { list, parsedList } from './list-kinds.ts';
import { isReference } from './reference.ts';
import { RETENTION_FIELDS } from './retention-fields.ts';
import { optionalSecret, secret, secretList } from './secret-kinds.ts';

const OR_REFERENCE = 'or env:NAME or file:/path, read when used';

const asItIs = (given: string) => given;

/** 7-Zip reads a password as one line. */
function oneLine(what: string) {
  return (given: string) => {
    if (/[\n\r\0]/.test(given)) throw new ConfigError(`${what} has a line break or a NUL character`);
    // On a command line it asks for a password, and at a prompt it removes one.
    if (given === '-') throw new ConfigError(`${what} cannot be "-"`, 'Choose a longer one.');
    return given;
  };
}

function b2<const Variable extends string>(variable: Variable) {
  return { column: variable, variable, triedAt: 'storage' } as const;
}

function pingUrl<const Flag extends string>(flag: Flag, help: string) {
  const facts = { flag, help, helpGroup: HEALTH_CHECKS, helpValue: 'URL' };
  return optionalSecret(facts, (given) => {
    if (!isReference(given)) parsePingUrl(given);
    return given;
  });
}

function patterns<const Flag extends string, const Column extends string>(flag: Flag, column: Column, help: string) {
  return list({
    flag,
    column,
    help,
    helpNote: ' (repeatable)',
    helpGroup: DUMPED,
    helpValue: 'PATTERN',
    triedAt: 'database',
  });
}

/**
 * All facts about each field of a server, in one place: rule, default, flag, column; its words for people are in field-words.ts. Types, flags,
 * prompts, rows and the messages about an unreadable record come from here, in this order. A new field also needs a migration
 * that adds its column.
 */
export const SERVER_FIELDS = {
  /** Unique; people type it. */
  name: text(
    {
      flag: 'name',
      helpGroup: BASICS,
      help: 'what to call the server; default: the name of its database',
      helpValue: 'NAME',
    },
    parseName,
  ),
  connectionString: secret(
    {
      flag: 'connection-string',
      helpGroup: BASICS,
      help: `postgresql://USER@HOST/DATABASE, or key=value pairs, ${OR_REFERENCE}`,
      helpValue: 'STRING',
      isMasked: true,
      triedAt: 'database',
    },
    (given) => {
      if (given.trim() !== '') return given;
      throw new ConfigError(
        'the connection string is empty',
        'For example: --connection-string postgresql://app@db.example/shop',
      );
    },
  ),
  ...CLUSTER_FIELDS,
  frequencyHours: whole(
    {
      flag: 'frequency-hrs',
      helpGroup: BASICS,
      help: 'hours between backups, such as 6, 6h, 1d or 1w; default 24',
      helpValue: 'HOURS',
    },
    { what: 'frequency', unit: 'hours', least: 1, default: 24, parseFlag: parseFrequency },
  ),
  format: choice(
    {
      flag: 'format',
      helpGroup: DUMPED,
      help: 'sql (default): psql restores it; binary: pg_restore does, also single tables; directory: as binary, dumped by several connections',
    },
    FORMATS,
  ),
  compression: text(
    {
      flag: 'compression',
      helpGroup: STORAGE,
      help: 'lzma2:1 (default) to lzma2:9 (small), zstd:1 to zstd:19 (fast), ppmd, or none',
      helpValue: 'METHOD',
      default: 'lzma2:1',
      triedAt: 'programs',
    },
    keptWhere(parseCompression),
  ),
  /** The stored name without its extension; may hold `/`. */
  archiveName: text(
    {
      flag: 'archive-name',
      helpGroup: STORAGE,
      help: 'name of the archives in storage, may hold "/"; default: the name of the server',
      helpValue: 'NAME',
      triedAt: 'storage',
    },
    parseArchiveName,
  ),
  archivePassword: optionalSecret(
    {
      flag: 'archive-password',
      helpGroup: ENCRYPTION,
      help: `encrypt the archives with this password, ${OR_REFERENCE}`,
      helpNote: '; - asks for it',
      helpValue: 'PASSWORD',
      isMasked: true,
      variable: 'ARCHIVE_PASSWORD',
    },
    oneLine('the archive password'),
  ),
  /** Passwords of archives that were made before the password was changed, newest first. They open archives only. */
  earlierArchivePasswords: secretList(
    {
      flag: 'earlier-archive-password',
      helpGroup: ENCRYPTION,
      help: `keep this password for earlier backups, ${OR_REFERENCE}`,
      helpNote: '; - asks for it (repeatable)',
      helpValue: 'PASSWORD',
      column: 'earlier_archive_passwords',
      isMasked: true,
    },
    oneLine('an earlier archive password'),
  ),
  /** Names of destinations, and places. Archives go to the first one, and a copy of each to every other. */
  destinations: parsedList(
    {
      flag: 'destination',
      column: 'destinations',
      helpGroup: STORAGE,
      help: 'b2 (default), s3:BUCKET/PREFIX, file:/absolute/dir, rclone:REMOTE:PATH, or the name of a destination',
      helpNote: ' (repeatable)',
      helpValue: 'PLACE',
      variable: 'PGBAK_DESTINATION',
      triedAt: 'storage',
    },
    destinationTexts,
  ),
  b2KeyId: optionalSecret(
    {
      flag: 'b2-key-id',
      helpGroup: STORAGE,
      help: `id of the B2 application key, ${OR_REFERENCE}`,
      helpValue: 'ID',
      ...b2('B2_KEY_ID'),
    },
    asItIs,
  ),
  b2AppKey: optionalSecret(
    {
      flag: 'b2-app-key',
      helpGroup: STORAGE,
      help: `the B2 application key, ${OR_REFERENCE}`,
      helpValue: 'KEY',
      isMasked: true,
      ...b2('B2_APP_KEY'),
    },
    asItIs,
  ),
  b2Bucket: optionalText(
    {
      flag: 'b2-bucket',
      helpGroup: STORAGE,
      help: 'name of the B2 bucket',
      helpValue: 'BUCKET',
      ...b2('B2_BUCKET'),
    },
    asItIs,
  ),
  hcUrlStart: pingUrl('hc-url-start', 'pinged (POST) when a backup begins'),
  hcUrlSuccess: pingUrl('hc-url-success', 'pinged when it succeeded'),
  hcUrlFail: pingUrl('hc-url-fail', 'pinged when it failed, with the error'),
  /** Pinged after each verification: at the URL itself when it is good, at `/fail` below it when it is bad. */
  hcUrlVerify: pingUrl('hc-url-verify', 'pinged when a backup was verified; URL/fail when it is bad'),
  /** Patterns as pg_dump takes them, as the next two. */
  excludeTables: patterns('exclude-table', 'exclude_tables', 'leave a table out'),
  excludeTableData: patterns('exclude-table-data', 'exclude_table_data', 'keep a table but leave its rows out'),
  excludeSchemas: patterns('exclude-schema', 'exclude_schemas', 'leave a schema out'),
  noLargeObjects: yesOrNo(
    {
      flag: 'large-objects',
      helpGroup: DUMPED,
      help: 'dump large objects (default), or leave all of them out',
      column: 'no_large_objects',
      triedAt: 'database',
    },
    { isNegated: true },
  ),
  ...LIMIT_FIELDS,
  includeGlobals: yesOrNo({
    flag: 'include-globals',
    helpGroup: DUMPED,
    help: 'back up roles, tablespaces and settings of the database as well',
    triedAt: 'database',
  }),
  countRows: yesOrNo({
    flag: 'count-rows',
    helpGroup: LIMITS,
    help: "count every table's rows during the dump, so that verify can compare",
    triedAt: 'database',
  }),
  /** How thoroughly each backup is verified before it counts as made. */
  verifyAfter: choice(
    {
      flag: 'verify-after',
      helpGroup: LIMITS,
      help: 'verify each backup before it counts; default none',
      triedAt: 'programs',
    },
    ['none', 'archive', 'restore'],
  ),
  ...RETENTION_FIELDS,
};
