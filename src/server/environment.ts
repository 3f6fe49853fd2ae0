import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { DestinationRecord } from './destination-record.ts';

/** pgbak's environment variables, read once and checked. An empty variable counts as unset. */
export interface Environment {
  /** Absolute path of the catalogue, where `DB_PATH` names one. */
  catalogPath: string | undefined;
  b2KeyId: Secret | undefined;
  b2AppKey: Secret | undefined;
  b2Bucket: string | undefined;
  b2ApiUrl: string | undefined;
  archivePassword: Secret | undefined;
  /** `ARCHIVE_PASSWORD` is set but empty: the user meant to set a password. */
  isArchivePasswordEmpty: boolean;
  /** `b2`, `file:/absolute/dir`, `rclone:REMOTE:PATH` or the name of a destination, unchecked. */
  destination: string | undefined;
  /** The named destinations as the catalogue last told them: what servers refer to by name. */
  namedDestinations: readonly DestinationRecord[];
  temporaryDirectory: string | undefined;
  /** How much of the archives may lie there on their way to storage. */
  temporaryLimitBytes: number;
  pgBin: string | undefined;
  sevenZip: string | undefined;
  rclone: string | undefined;
  /** A server for throwaway databases. */
  scratchUrl: Secret | undefined;
  /** A B2 key that may delete, for pruning alone. */
  b2PruneKeyId: Secret | undefined;
  b2PruneAppKey: Secret | undefined;
  /** Whether a copy of the catalogue is kept beside the backups. */
  copiesCatalog: boolean;
  /** Time limit of one dump. */
  dumpTimeoutMs: number;
  mezmoIngestionKey: Secret | undefined;
  mezmoUrl: string | undefined;
  logHostname: string;
  /** All variables, for the programs that pgbak starts; each gets only those that it needs. A function, to hide secrets. */
  variables: () => Readonly<Record<string, string | undefined>>;
  /** The value of any variable, for `env:NAME` references. */
  variable: (name: string) => string | undefined;
}

const DEFAULT_DUMP_TIMEOUT_SECONDS = 14_400;
const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

/** Reads pgbak's variables from a process environment. Throws a `ConfigError` for a value that is surely a mistake. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const variable = (name: string) => (env[name] === '' ? undefined : env[name]);
  const secret = (name: string) => {
    const value = variable(name);
    return value === undefined ? undefined : new Secret(value);
  };
  const path = (name: string) => {
    const value = variable(name);
    return value === undefined ? undefined : resolve(value);
  };
  return {
    catalogPath: path('DB_PATH'),
    b2KeyId: secret('B2_KEY_ID'),
    b2AppKey: secret('B2_APP_KEY'),
    b2Bucket: variable('B2_BUCKET'),
    b2ApiUrl: variable('B2_API_URL'),
    archivePassword: secret('ARCHIVE_PASSWORD'),
    isArchivePasswordEmpty: env['ARCHIVE_PASSWORD'] === '',
    destination: variable('PGBAK_DESTINATION'),
    namedDestinations: [],
    temporaryDirectory: path('PGBAK_TMPDIR'),
    temporaryLimitBytes: sizeOr(2 * GIBIBYTE, 'PGBAK_TMP_LIMIT', variable('PGBAK_TMP_LIMIT')),
    pgBin: path('PGBAK_PG_BIN'),
    sevenZip: variable('PGBAK_7Z'),
    rclone: variable('PGBAK_RCLONE'),
    scratchUrl: secret('PGBAK_SCRATCH_URL'),
    copiesCatalog: onOrOff('PGBAK_CATALOG_COPY', variable('PGBAK_CATALOG_COPY')),
    b2PruneKeyId: secret('B2_PRUNE_KEY_ID'),
    b2PruneAppKey: secret('B2_PRUNE_APP_KEY'),
    dumpTimeoutMs: 1000 * positiveSeconds('BACKUP_TIMEOUT_SEC', variable('BACKUP_TIMEOUT_SEC')),
    mezmoIngestionKey: secret('MEZMO_INGESTION_KEY'),
    mezmoUrl: variable('MEZMO_URL'),
    logHostname: variable('LOG_HOSTNAME') ?? hostname(),
    variables: () => env,
    variable,
  };
}

function onOrOff(name: string, value: string | undefined): boolean {
  if (value !== undefined && value !== 'on' && value !== 'off') {
    throw new ConfigError(`${name} is neither on nor off`, 'Set it to on (the default) or off.');
  }
  return value !== 'off';
}

/** With less, B2's parts could only be sent one after another. */
export const SMALLEST_LIMIT_BYTES = 64 * MEBIBYTE;
const UNITS: Readonly<Record<string, number>> = { '': 1, M: MEBIBYTE, G: GIBIBYTE, T: 1024 * GIBIBYTE };

function sizeOr(byDefault: number, name: string, value: string | undefined): number {
  if (value === undefined) return byDefault;
  const [, digits, unit = ''] = /^(\d+) ?(?:([MGT])(?:i?B)?)?$/i.exec(value) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
  if (bytes >= SMALLEST_LIMIT_BYTES && Number.isSafeInteger(bytes)) return bytes;
  throw new ConfigError(
    `${name} is no size of 64M or more`,
    'Set it to a number of bytes, or of M, G or T (MiB, GiB, TiB), such as 500M; or unset it for 2G.',
  );
}

/** setTimeout's limit, 2^31 - 1 ms: a longer one would fire at once. */
const LONGEST_SECONDS = 2_147_483;

function positiveSeconds(name: string, value: string | undefined): number {
  if (value === undefined) return DEFAULT_DUMP_TIMEOUT_SECONDS;
  const seconds = Number(value);
  if (!/^\d+$/.test(value) || seconds < 1 || seconds > LONGEST_SECONDS) {
    throw new ConfigError(
      `${name} is not a number of seconds`,
      `Set it to a whole number from 1 to ${LONGEST_SECONDS}, or unset it for ${DEFAULT_DUMP_TIMEOUT_SECONDS}.`,
    );
  }
  return seconds;
}
