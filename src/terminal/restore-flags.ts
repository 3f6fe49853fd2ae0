import { ConfigError } from '../core/errors.ts';
import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { isStdoutClosed } from './output.ts';
import { numberFlag } from './number-flag.ts';
import type { DumpParts } from '../restore/parts/match-names.ts';

const BINARY = 'OF BINARY BACKUPS';

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
    helpGroup: 'INTO A DATABASE',
  }),
  'no-privileges': Flags.boolean({
    description: 'restore no privileges: who may do what',
    helpGroup: 'INTO A DATABASE',
  }),
  jobs: numberFlag({ example: 4, least: 1, most: 64 })({
    description: 'load over N connections; not all or nothing then',
    default: 1,
    helpValue: 'N',
    helpGroup: BINARY,
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

/** The error where no flag says where to restore, and there is no terminal to ask on. */
export function nowhereToRestore(server: string, file: string): ConfigError {
  return new ConfigError(
    'say where to restore: --to URL (with --create for a new database), --output FILE or --stdout',
    `For example: pgbak restore ${server} --output ${file}`,
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
