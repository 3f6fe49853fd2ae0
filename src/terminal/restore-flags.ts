import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { numberFlag } from './number-flag.ts';
import type { DumpParts } from '../restore/parts/match-names.ts';

const BINARY = 'BINARY BACKUPS';

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
    description: 'of --table columns and rows alone: no defaults, indexes, constraints, ...',
    dependsOn: ['table'],
    exclusive: ['data-only'],
    helpGroup: BINARY,
  }),
  'data-only': Flags.boolean({
    description: 'only the rows, into tables that are there',
    exclusive: ['schema-only'],
    helpGroup: BINARY,
  }),
  'schema-only': Flags.boolean({ description: 'everything but the rows', helpGroup: BINARY }),
  'no-owner': Flags.boolean({ description: 'let all of it belong to the role that restores' }),
  'no-privileges': Flags.boolean({ description: 'leave out who may do what' }),
  jobs: numberFlag({ example: 4, least: 1, most: 64 })({
    description: 'load over N connections at once, without the one transaction',
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
