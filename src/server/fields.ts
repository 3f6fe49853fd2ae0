import { FORMATS, parseCompression } from '../core/archive-format.ts';
import { ConfigError } from '../core/errors.ts';
import { parsePingUrl } from '../notify/ping-url.ts';
import { parseFrequency } from './frequency.ts';
import { parseArchiveName, parseName } from './names.ts';
import { parseDestination } from './destination.ts';
import { choice, keptWhere, list, optionalText, text, whole, yesOrNo } from './field-kinds.ts';
import { isReference } from './reference.ts';
import { RETENTION_FIELDS } from './retention-fields.ts';
import { optionalSecret, secret, secretList } from './secret-kinds.ts';

const OR_REFERENCE = 'or env:NAME or file:/path, read when used';

const asItIs = (given: string) => given;

/** 7-Zip reads a password as one line. */
function oneLine(what: string) {
  return (given: string) => {
    if (!/[\n\r\0]/.test(given)) return given;
    throw new ConfigError(`${what} has a line break or a NUL character`);
  };
}

function b2<const Variable extends string>(variable: Variable) {
  return { column: variable, variable, triedAt: 'storage' } as const;
}

function pingUrl<const Flag extends string>(flag: Flag, help: string, prompt?: string) {
  const facts = { flag, help, helpValue: 'URL', ...(prompt === undefined ? {} : { prompt }) };
  return optionalSecret(facts, (given) => {
    if (!isReference(given)) parsePingUrl(given);
    return given;
  });
}

function patterns<const Flag extends string, const Column extends string>(flag: Flag, column: Column, help: string) {
  return list({ flag, column, help, helpValue: 'PATTERN', triedAt: 'database' });
}

/**
 * All facts about each field of a server, in one place: rule, default, flag, column, prompt. Types, flags, prompts,
 * rows and the messages about an unreadable record come from here, in this order. A new field also needs a migration
 * that adds its column.
 */
export const SERVER_FIELDS = {
  /** Unique; people type it. */
  name: text(
    { flag: 'name', help: 'what you call the server; default: its database', helpValue: 'NAME', prompt: 'Name' },
    parseName,
  ),
  connectionString: secret(
    {
      flag: 'connection-string',
      help: `postgresql://... or key=value form, ${OR_REFERENCE}`,
      helpValue: 'STRING',
      prompt: 'Connection string',
      isMasked: true,
      triedAt: 'database',
    },
    (given) => {
      if (given.trim() !== '') return given;
      throw new ConfigError('the connection string is empty');
    },
  ),
  frequencyHours: whole(
    {
      flag: 'frequency-hrs',
      help: 'hours between backups, default 24',
      helpValue: 'HOURS',
      prompt: 'Hours between backups',
    },
    { what: 'frequency', unit: 'hours', least: 1, default: 24, parseFlag: parseFrequency },
  ),
  format: choice({ flag: 'format', help: 'sql: for psql; binary: for pg_restore' }, FORMATS),
  compression: text(
    {
      flag: 'compression',
      help: 'lzma2:1 (default) to lzma2:9 (small), zstd:1 to zstd:19 (faster), ppmd or none',
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
      help: 'name of the archive in storage, may hold "/"; default: the server name',
      helpValue: 'NAME',
      prompt: 'Archive name',
      triedAt: 'storage',
    },
    parseArchiveName,
  ),
  archivePassword: optionalSecret(
    {
      flag: 'archive-password',
      help: `encrypts the archive; ${OR_REFERENCE}`,
      helpValue: 'PASSWORD',
      prompt: 'Archive password',
      isMasked: true,
      variable: 'ARCHIVE_PASSWORD',
    },
    oneLine('the archive password'),
  ),
  /** Passwords of archives that were made before the password was changed, newest first. They open archives only. */
  earlierArchivePasswords: secretList(
    {
      flag: 'earlier-archive-password',
      help: `a password that opens earlier backups, ${OR_REFERENCE}; added to those that are kept (repeatable)`,
      helpValue: 'PASSWORD',
      column: 'earlier_archive_passwords',
      isMasked: true,
    },
    oneLine('an earlier archive password'),
  ),
  destination: optionalText(
    {
      flag: 'destination',
      help: 'b2 or file:/absolute/dir',
      helpValue: 'PLACE',
      variable: 'PGBAK_DESTINATION',
      triedAt: 'storage',
    },
    keptWhere(parseDestination),
  ),
  b2KeyId: optionalSecret(
    {
      flag: 'b2-key-id',
      help: `B2 application key id, ${OR_REFERENCE}`,
      helpValue: 'ID',
      prompt: 'B2 key id',
      ...b2('B2_KEY_ID'),
    },
    asItIs,
  ),
  b2AppKey: optionalSecret(
    {
      flag: 'b2-app-key',
      help: `B2 application key, ${OR_REFERENCE}`,
      helpValue: 'KEY',
      prompt: 'B2 application key',
      isMasked: true,
      ...b2('B2_APP_KEY'),
    },
    asItIs,
  ),
  b2Bucket: optionalText(
    { flag: 'b2-bucket', help: 'B2 bucket name', helpValue: 'BUCKET', prompt: 'B2 bucket', ...b2('B2_BUCKET') },
    asItIs,
  ),
  hcUrlStart: pingUrl('hc-url-start', 'POSTed to when a backup begins', 'Ping URL for the start'),
  hcUrlSuccess: pingUrl('hc-url-success', 'POSTed to when it succeeded', 'Ping URL for success'),
  hcUrlFail: pingUrl('hc-url-fail', 'POSTed to with the error when it failed', 'Ping URL for failure'),
  /** Pinged after each verification: at the URL itself when it is good, at `/fail` below it when it is bad. */
  hcUrlVerify: pingUrl('hc-url-verify', 'POSTed to when a backup was verified; URL/fail when it is bad'),
  /** Patterns as pg_dump takes them, as the next two. */
  excludeTables: patterns('exclude-table', 'exclude_tables', 'leave a table out (repeatable)'),
  excludeTableData: patterns(
    'exclude-table-data',
    'exclude_table_data',
    'keep a table but leave its rows out (repeatable)',
  ),
  excludeSchemas: patterns('exclude-schema', 'exclude_schemas', 'leave a schema out (repeatable)'),
  noLargeObjects: yesOrNo(
    {
      flag: 'large-objects',
      help: 'dump large objects (default), or with --no-large-objects leave all of them out',
      column: 'no_large_objects',
      triedAt: 'database',
    },
    { isNegated: true },
  ),
  minSizeBytes: whole(
    { flag: 'min-size', help: 'reject archives below this many bytes, default 4096', helpValue: 'BYTES' },
    { what: 'minimum size', unit: 'bytes', least: 0, default: 4096 },
  ),
  sizeTolerancePercent: whole(
    { flag: 'size-tolerance', help: 'allowed change against the last good backup, default 10', helpValue: 'PERCENT' },
    { what: 'size tolerance', unit: 'percent', least: 0, default: 10 },
  ),
  /** The reaction to a suspicious change of size. */
  onSizeChange: choice(
    { flag: 'on-size-change', help: 'alert (default): warn and store; reject: fail and store nothing' },
    ['alert', 'reject'],
  ),
  lockWaitSeconds: whole(
    { flag: 'lock-wait-sec', help: 'how long pg_dump waits for locked tables, default 600', helpValue: 'SECONDS' },
    { what: 'lock wait', unit: 'seconds', least: 1, default: 600 },
  ),
  idleTimeoutSeconds: whole(
    {
      flag: 'idle-timeout-sec',
      help: 'end a dump that yields nothing for so long, default 1800',
      helpValue: 'SECONDS',
    },
    { what: 'idle timeout', unit: 'seconds', least: 1, default: 1800 },
  ),
  includeGlobals: yesOrNo({
    flag: 'include-globals',
    help: "archive roles, tablespaces and the database's settings as well",
    triedAt: 'database',
  }),
  countRows: yesOrNo({
    flag: 'count-rows',
    help: 'count every table in the snapshot of the dump, for verify to compare',
    triedAt: 'database',
  }),
  /** How thoroughly each backup is verified before it counts as made. */
  verifyAfter: choice(
    {
      flag: 'verify-after',
      help: 'verify each backup before it counts: none (default), archive or restore',
      triedAt: 'programs',
    },
    ['none', 'archive', 'restore'],
  ),
  ...RETENTION_FIELDS,
};
