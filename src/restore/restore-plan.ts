import { quoted } from '../core/printable.ts';
import { typedForm, type Connection } from '../postgres/connection.ts';
import { isSelection, type DumpParts } from './parts/match-names.ts';
import { ConfigError } from '../core/errors.ts';
import type { RestorePoint } from './choose-point.ts';
import { editCommand } from '../core/server-hint.ts';

export interface TargetOptions {
  /** Create the database. */
  create: boolean;
  /** The database to connect to in order to create it. */
  maintenanceDatabase: string;
  /** Also give a database that is there what belongs to it and is in no dump: owner, privileges, settings. */
  settles?: boolean;
  /** Empty the database first. */
  clean: boolean;
  parts: DumpParts;
  /** How many connections load at once. */
  jobs: number;
  globals: boolean;
  /** Gather planner statistics at the end. */
  analyze: boolean;
  /** How long the load waits for a lock that another session holds. */
  lockWaitSeconds: number;
  /** Called with a sentence that tells who holds it. */
  onWait: (message: string) => void;
}

/** Without rows there are no statistics to gather. */
export function analyzes({ analyze: isWanted, parts }: TargetOptions): boolean {
  return isWanted && !parts.schemaOnly;
}

export function refuseMismatch({ format }: RestorePoint, { parts, jobs, clean, create }: TargetOptions): void {
  if (format === 'sql' && (isSelection(parts) || jobs > 1)) {
    throw new ConfigError(
      'this backup is an SQL script, which can only be restored as a whole and by one job',
      `Write the script to a file and edit that: --output shop.sql\nFor later backups: ${editCommand('--format binary')}`,
    );
  }
  if (clean && create) throw new ConfigError('--clean empties a database, and --create makes a new one: choose one');
  if (clean && isSelection(parts))
    throw new ConfigError('--clean removes everything in the database, and this restore brings back only a part');
  if (clean && jobs > 1) {
    throw new ConfigError(
      '--clean works in one transaction, and several jobs cannot share one',
      'Restore into a new database (--create), or by one job.',
    );
  }
}

/** `--to` with another database of the same server, as a person would type it. */
export function toOther(connection: Connection, database: string): string {
  const other = database.endsWith('_restored') ? `${database}_2` : `${database}_restored`;
  return `--to ${quoted(typedForm(connection, other))}`;
}

interface Situation {
  point: RestorePoint;
  /** When it was, for people. */
  made: string;
  label: string;
  version: string;
  tableCount: number;
  lacking: readonly string[];
}

export function planOf(
  { point, made, label, version, tableCount, lacking }: Situation,
  options: TargetOptions,
): string[] {
  const { create, clean, parts, jobs, globals } = options;
  const what = isSelection(parts) ? 'a part of backup' : 'backup';
  const how = jobs > 1 ? `by ${jobs} jobs, not in one transaction` : 'in one transaction: all of it or nothing';
  const roles = lacking.join(', ');
  return [
    `${what} ${point.backupId} of ${point.serverName}, made ${made}`,
    `into ${create ? 'the new database ' : ''}${label}, PostgreSQL ${version}, ${how}`,
    ...(clean
      ? [`everything in it is replaced: ${tableCount} ${tableCount === 1 ? 'table' : 'tables'} and all else`]
      : []),
    ...(globals ? ['with the roles that it lacks, and the settings of the database'] : []),
    ...(lacking.length === 0 || globals || parts.noOwner
      ? []
      : [
          `the dump names roles that the server lacks: ${roles}; create them first, ` +
            (point.hasGlobals ? 'or use --globals' : 'or it will be refused'),
        ]),
    ...(analyzes(options) ? ['then planner statistics are gathered (ANALYZE)'] : []),
  ];
}
