import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { FORMATS } from '../core/dump-format.ts';
import { SIZE_CHANGE_ACTIONS, VERIFY_AFTER } from '../server/server.ts';
import type { ServerInput } from '../server/server-input.ts';
import { retentionFlags, retentionInputFrom } from './retention-flags.ts';

const OR_REFERENCE = 'or env:NAME or file:/path, read when used';

/** The flags that describe a server, one for each field. Values are checked later, all together. */
export const serverFlags = {
  name: Flags.string({ description: 'what you call the server; default: its database', helpValue: 'NAME' }),
  'connection-string': Flags.string({
    description: `postgresql://... or key=value form, ${OR_REFERENCE}`,
    helpValue: 'STRING',
  }),
  'frequency-hrs': Flags.integer({ description: 'hours between backups, default 24', helpValue: 'HOURS' }),
  format: Flags.option({ options: FORMATS, description: 'sql: for psql; binary: for pg_restore' })(),
  compression: Flags.string({
    description: 'lzma2:1 (default) to lzma2:9 (small), zstd:1 to zstd:19 (faster), ppmd or none',
    helpValue: 'METHOD',
  }),
  'archive-name': Flags.string({
    description: 'name of the archive in storage, may hold "/"; default: the server name',
    helpValue: 'NAME',
  }),
  'archive-password': Flags.string({ description: `encrypts the archive; ${OR_REFERENCE}`, helpValue: 'PASSWORD' }),
  destination: Flags.string({ description: 'b2 or file:/absolute/dir', helpValue: 'PLACE' }),
  'b2-key-id': Flags.string({ description: `B2 application key id, ${OR_REFERENCE}`, helpValue: 'ID' }),
  'b2-app-key': Flags.string({ description: `B2 application key, ${OR_REFERENCE}`, helpValue: 'KEY' }),
  'b2-bucket': Flags.string({ description: 'B2 bucket name', helpValue: 'BUCKET' }),
  'hc-url-start': Flags.string({ description: 'POSTed to when a backup begins', helpValue: 'URL' }),
  'hc-url-success': Flags.string({ description: 'POSTed to when it succeeded', helpValue: 'URL' }),
  'hc-url-fail': Flags.string({ description: 'POSTed to with the error when it failed', helpValue: 'URL' }),
  'hc-url-verify': Flags.string({
    description: 'POSTed to when a backup was verified; URL/fail when it is bad',
    helpValue: 'URL',
  }),
  'exclude-table': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'leave a table out (repeatable)',
    helpValue: 'PATTERN',
  }),
  'exclude-table-data': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'keep a table but leave its rows out (repeatable)',
    helpValue: 'PATTERN',
  }),
  'exclude-schema': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'leave a schema out (repeatable)',
    helpValue: 'PATTERN',
  }),
  'large-objects': Flags.boolean({
    allowNo: true,
    description: 'dump large objects (default), or with --no-large-objects leave all of them out',
  }),
  'min-size': Flags.integer({ description: 'reject archives below this many bytes, default 4096', helpValue: 'BYTES' }),
  'size-tolerance': Flags.integer({
    description: 'allowed change against the last good backup, default 10',
    helpValue: 'PERCENT',
  }),
  'on-size-change': Flags.option({
    options: SIZE_CHANGE_ACTIONS,
    description: 'alert (default): warn and store; reject: fail and store nothing',
  })(),
  'lock-wait-sec': Flags.integer({
    description: 'how long pg_dump waits for locked tables, default 600',
    helpValue: 'SECONDS',
  }),
  'idle-timeout-sec': Flags.integer({
    description: 'end a dump that yields nothing for so long, default 1800',
    helpValue: 'SECONDS',
  }),
  'include-globals': Flags.boolean({
    allowNo: true,
    description: "archive roles, tablespaces and the database's settings as well",
  }),
  'count-rows': Flags.boolean({
    allowNo: true,
    description: 'count every table in the snapshot of the dump, for verify to compare',
  }),
  'verify-after': Flags.option({
    options: VERIFY_AFTER,
    description: 'verify each backup before it counts: none (default), archive or restore',
  })(),
  ...retentionFlags,
};

type ServerFlagValues = Interfaces.InferredFlags<typeof serverFlags>;

/** What the flags say of a server; a flag that was not given is undefined. */
export function serverInputFrom(flags: ServerFlagValues): ServerInput {
  return {
    name: flags.name,
    connectionString: flags['connection-string'],
    frequencyHours: flags['frequency-hrs'],
    format: flags.format,
    compression: flags.compression,
    archiveName: flags['archive-name'],
    archivePassword: flags['archive-password'],
    destination: flags.destination,
    b2KeyId: flags['b2-key-id'],
    b2AppKey: flags['b2-app-key'],
    b2Bucket: flags['b2-bucket'],
    hcUrlStart: flags['hc-url-start'],
    hcUrlSuccess: flags['hc-url-success'],
    hcUrlFail: flags['hc-url-fail'],
    hcUrlVerify: flags['hc-url-verify'],
    excludeTables: flags['exclude-table'],
    excludeTableData: flags['exclude-table-data'],
    excludeSchemas: flags['exclude-schema'],
    noLargeObjects: flags['large-objects'] === undefined ? undefined : !flags['large-objects'],
    minSizeBytes: flags['min-size'],
    sizeTolerancePercent: flags['size-tolerance'],
    onSizeChange: flags['on-size-change'],
    lockWaitSeconds: flags['lock-wait-sec'],
    idleTimeoutSeconds: flags['idle-timeout-sec'],
    includeGlobals: flags['include-globals'],
    countRows: flags['count-rows'],
    verifyAfter: flags['verify-after'],
    retention: retentionInputFrom(flags),
    autoPrune: flags['auto-prune'],
  };
}
