import { OUTPUT_EXTENSIONS } from '../core/archive-format.ts';
import { ConfigError } from '../core/errors.ts';
import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { isStdoutClosed } from './output.ts';
import { numberFlag } from './number-flag.ts';
import type { DumpParts } from '../restore/parts/match-names.ts';
import type { RestorePoint } from '../restore/choose-point.ts';
import { typedForm, type Connection } from '../postgres/connection.ts';
import { quoted } from '../core/printable.ts';

export const INTO_A_DATABASE = 'INTO A DATABASE';
const BINARY = 'OF BINARY BACKUPS';
const ENCRYPTION = 'ENCRYPTION';

/** Flags that choose a part of a backup. Most of them need a binary one. */
export const partFlags = {
  schema: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'only this schema, and all that is in it (repeatable)',
    helpValue: 'NAME',
    helpGroup: BINARY,
  }),
  table: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'only this table, with its partitions and all that belongs to it (repeatable)',
    helpValue: 'NAME',
    helpGroup: BINARY,
  }),
  bare: Flags.boolean({
    description: 'of the tables of --table only columns and rows: no defaults, indexes, constraints',
    dependsOn: ['table'],
    exclusive: ['data-only'],
    helpGroup: BINARY,
  }),
  'data-only': Flags.boolean({
    description: 'only rows, into tables that are there',
    exclusive: ['schema-only'],
    helpGroup: BINARY,
  }),
  'schema-only': Flags.boolean({ description: 'everything but the rows', helpGroup: BINARY }),
  'no-owner': Flags.boolean({
    description: 'let everything belong to the role that restores',
    exclusive: ['output', 'stdout'],
    helpGroup: INTO_A_DATABASE,
  }),
  'no-privileges': Flags.boolean({
    description: 'restore no privileges: who may do what',
    exclusive: ['output', 'stdout'],
    helpGroup: INTO_A_DATABASE,
  }),
  jobs: numberFlag({ example: 4, least: 1, most: 64 })({
    description: 'load over N connections; not all or nothing then',
    default: 1,
    helpValue: 'N',
    helpGroup: BINARY,
  }),
};

/** Where to restore to. */
export const targetFlags = {
  to: Flags.string({
    description: 'connection string of the database, or env:NAME or file:/path',
    exclusive: ['output', 'stdout'],
    helpValue: 'URL',
  }),
  output: Flags.string({
    description: 'write the dump to this new file; - is standard output, as with --stdout',
    exclusive: ['to', 'stdout'],
    helpValue: 'FILE',
  }),
  stdout: Flags.boolean({
    description: 'write the dump to standard output, once it was read to its end',
    exclusive: ['to', 'output', 'json'],
  }),
  'all-databases': Flags.boolean({
    description: 'of a whole cluster: its roles, then every database, each under its own name',
    dependsOn: ['to'],
    exclusive: ['output', 'stdout', 'clean', 'globals', 'schema', 'table', 'data-only', 'schema-only'],
  }),
  create: Flags.boolean({
    helpGroup: INTO_A_DATABASE,
    description: 'make the database of --to',
    exclusive: ['output', 'stdout'],
  }),
  'maintenance-db': Flags.string({
    helpGroup: INTO_A_DATABASE,
    description: 'the database to connect to while that of --to is made',
    default: 'postgres',
    helpValue: 'NAME',
  }),
  clean: Flags.boolean({
    helpGroup: INTO_A_DATABASE,
    description: 'replace everything that is in the database',
    exclusive: ['output', 'stdout'],
  }),
};

/** Flags about the load into a database. */
export const loadFlags = {
  globals: Flags.boolean({
    helpGroup: INTO_A_DATABASE,
    description: 'also make missing roles, and set owner, privileges and settings of the database',
    exclusive: ['output', 'stdout'],
  }),
  'no-analyze': Flags.boolean({
    helpGroup: INTO_A_DATABASE,
    description: 'gather no planner statistics; autovacuum will',
    exclusive: ['output', 'stdout'],
  }),
  'lock-wait-sec': numberFlag({ unit: 'seconds', example: 600, least: 1 })({
    helpGroup: INTO_A_DATABASE,
    description: "how long to wait for another session's lock; default: the server's --lock-wait-sec",
    exclusive: ['output', 'stdout'],
    helpValue: 'SECONDS',
  }),
};

/** Which copy of an archive, for `restore` and `verify`. */
export const fromFlag = {
  from: Flags.string({
    description: 'only the copy in this destination or place; default: the first that can be had',
    helpValue: 'NAME',
  }),
};

/** Flags about the archive that is opened. */
export const archiveFlags = {
  ...fromFlag,
  'archive-password': Flags.string({
    helpGroup: ENCRYPTION,
    description: "in place of the server's archive passwords: env:NAME, file:/path, or - to type it",
    helpValue: 'PASSWORD',
  }),
  'allow-unencrypted': Flags.boolean({
    helpGroup: ENCRYPTION,
    description: 'accept an archive that is not encrypted though there is an archive password',
  }),
};

export function dumpPartsFrom(flags: Interfaces.InferredFlags<typeof partFlags>): DumpParts {
  return {
    schemas: flags.schema ?? [],
    tables: flags.table ?? [],
    dataOnly: flags['data-only'],
    schemaOnly: flags['schema-only'],
    isBare: flags.bare,
    noOwner: flags['no-owner'],
    noPrivileges: flags['no-privileges'],
  };
}

/** Throws a `ConfigError` where flags ask for a part of a backup, and the dump goes to a file or to standard output. */
export function refusePartInFile(
  flags: Interfaces.InferredFlags<typeof partFlags>,
  { format, backupId, serverName }: RestorePoint,
): void {
  const choices = [
    ...(flags.schema ?? []).map((name) => ['--schema', quoted(name)]),
    ...(flags.table ?? []).map((name) => ['--table', quoted(name)]),
    ...(flags['data-only'] ? [['--data-only']] : []),
    ...(flags['schema-only'] ? [['--schema-only']] : []),
  ];
  const [flag] = choices[0] ?? (flags.jobs > 1 ? ['--jobs'] : []);
  if (flag === undefined) return;
  const file = quoted(`${serverName}.${OUTPUT_EXTENSIONS[format]}`);
  const whole = `pgbak restore ${quoted(serverName)} --at ${backupId} --output ${file}`;
  if (format === 'sql') {
    throw new ConfigError(
      `this backup is an SQL script, which can only be restored as a whole: ${flag} needs a binary backup`,
      `Write the whole script, and take out what you need: ${whole}`,
    );
  }
  throw new ConfigError(
    `a file holds the whole dump: ${flag} works only with --to`,
    flag === '--jobs'
      ? `Leave --jobs out: ${whole}`
      : `Write the whole dump: ${whole}\nThen take the part out of it: pg_restore ${[...choices.flat(), '--file', 'part.sql', file].join(' ')}`,
  );
}

/** The error where no flag says where to restore, and there is no terminal to ask on. */
export function nowhereToRestore(server: string, file: string): ConfigError {
  return new ConfigError(
    'say where to restore: --to URL (with --create for a new database), --output FILE or --stdout',
    `For example: pgbak restore ${server} --output ${file}`,
  );
}

/**
 * Throws a `ConfigError` where `--to` gives a database's name alone.
 *
 * @param own connects to the database that is backed up: the example is made from it
 */
export function refuseBareName(to: string | undefined, own?: () => Connection | undefined): void {
  if (to === undefined || !/^[\w-]{1,63}$/.test(to)) return;
  const connection = own?.();
  const example = connection === undefined ? `postgresql://app@db.example/${to}` : typedForm(connection, to);
  throw new ConfigError(
    '--to takes a connection string, not the name of a database alone',
    `For example: --to ${quoted(example)}`,
  );
}

/** A file name that means standard output. */
export const STDOUT = '-';

/** Throws a `ConfigError` where the dump would go to a standard output that is closed, or that JSON goes to as well. */
export function refuseUnusableOutput(flags: { stdout: boolean; output: string | undefined }, isJson: boolean): void {
  if ((flags.stdout || flags.output === STDOUT) && isStdoutClosed()) {
    throw new ConfigError(
      'standard output is closed, and the dump would go nowhere',
      'Give it to a program (pgbak restore shop --stdout | psql restored), or write a file: --output shop.sql',
    );
  }
  if (flags.output === STDOUT && isJson) {
    throw new ConfigError('--json and the dump both go to standard output', 'Name a file: --output shop.sql');
  }
}
