import { ConfigError } from '../core/errors.ts';
import { parsePlace, type Place } from '../storage/place.ts';
import {
  DESTINATION_DEFAULTS,
  DESTINATION_FIELD_NAMES,
  forEachDestinationField,
  OF_DESTINATION,
  type DestinationChanges,
  type DestinationFieldName,
  type DestinationFields,
  type DestinationInput,
  type DestinationRecord,
} from './destination-record.ts';
import { valueOf } from './field-kinds.ts';
import { RULE_NAMES } from './retention-rules.ts';

/** What flags say of a destination; a field that was not given is absent. */
export function destinationInputFrom(flags: Readonly<Record<string, unknown>>): DestinationInput {
  const input: DestinationInput = {};
  forEachDestinationField((name, { flag, inputOf }) => {
    const given = inputOf(flags[flag]);
    if (given !== undefined) input[name] = given;
  });
  return input;
}

/** Checks what a user said of a destination, field by field. Throws one `ConfigError` that names everything wrong. */
export function parseDestinationInput(input: DestinationInput): DestinationChanges {
  const changes: DestinationChanges = {};
  const problems: ConfigError[] = [];
  forEachDestinationField((name, { rule }) => {
    if (!(name in input)) return;
    const value = valueOf(rule, input[name]);
    if (value instanceof ConfigError) problems.push(value);
    else changes[name] = value;
  });
  const [first] = problems;
  if (first === undefined) return changes;
  throw new ConfigError(problems.map(({ message }) => message).join('; '), first.hint);
}

/** A whole destination. Throws a `ConfigError` where its name or its place is missing. */
export function newDestination(changes: DestinationChanges): DestinationFields {
  const { name, place } = changes;
  if (name === undefined || place === undefined) {
    throw new ConfigError(
      `${name === undefined ? 'the name' : 'the place'} of the destination is missing`,
      'For example: pgbak destination add nas file:/mnt/nas/backups',
    );
  }
  return { ...DESTINATION_DEFAULTS, ...changes, name, place };
}

type SettingName = Exclude<DestinationFieldName, 'name' | 'place'>;

/** The settings that belong to one kind of storage. Rules of retention belong to all. */
export const SETTINGS_OF = {
  b2: ['b2KeyId', 'b2AppKey', 'b2PruneKeyId', 'b2PruneAppKey', 'objectLockDays', 'objectLockMode', 'bandwidth'],
  s3: [
    's3Endpoint',
    's3Region',
    's3AccessKeyId',
    's3SecretAccessKey',
    's3Profile',
    's3StorageClass',
    's3PathStyle',
    'objectLockDays',
    'objectLockMode',
    'bandwidth',
  ],
  rclone: ['rcloneConfig', 'verifyUpload', 'bandwidth'],
  directory: ['bandwidth'],
} as const satisfies Record<Place['kind'], readonly SettingName[]>;

const KIND_NAMES: Record<Place['kind'], string> = {
  b2: 'B2',
  s3: 'S3',
  rclone: 'a remote of rclone',
  directory: 'a directory',
};

/**
 * Refuses settings that do nothing at a place: those of another kind of storage, and those that no story reads. A setting
 * without an effect would be an empty promise.
 */
export function refuseUnfit(fields: DestinationFields): void {
  const { kind } = parsePlace(fields.place);
  const fitting = new Set<string>(['name', 'place', ...SETTINGS_OF[kind], ...RULE_NAMES]);
  const usual: Partial<DestinationFields> = DESTINATION_DEFAULTS;
  const unfit = DESTINATION_FIELD_NAMES.filter(
    (name) => fields[name] !== undefined && fields[name] !== usual[name] && !fitting.has(name),
  );
  const wantsLock = fields.objectLockDays !== undefined || fields.objectLockMode !== usual.objectLockMode;
  if (wantsLock && !fitting.has('objectLockDays')) {
    throw new ConfigError(
      `${KIND_NAMES[kind]} cannot lock archives: --object-lock-days and --object-lock-mode are for B2 and S3`,
      'Leave them out.',
    );
  }
  if (wantsLock && fields.objectLockDays === undefined) {
    throw new ConfigError(
      '--object-lock-mode has no effect without --object-lock-days',
      'For example: --object-lock-days 30. For no lock at all: --object-lock-days 0 --object-lock-mode governance',
    );
  }
  if (unfit.length === 0) return;
  const flags = unfit.map((name) => `--${OF_DESTINATION[name].flag}`);
  const [are, them] = flags.length === 1 ? ['is', 'it'] : ['are', 'them'];
  throw new ConfigError(
    `${flags.join(', ')} ${are} of no use for ${KIND_NAMES[kind]}, or not supported there yet`,
    `Leave ${them} out. For ${KIND_NAMES[kind]} there are: ${usableFlags(kind)}`,
  );
}

function usableFlags(kind: Place['kind']): string {
  const names: readonly DestinationFieldName[] = [...SETTINGS_OF[kind], ...RULE_NAMES];
  return names.map((name) => `--${OF_DESTINATION[name].flag}`).join(', ');
}

/** Refuses a name or a place that another destination has. */
export function refuseTaken(
  { name, place }: Pick<DestinationFields, 'name' | 'place'>,
  others: readonly DestinationRecord[],
): void {
  if (others.some((other) => other.name === name)) {
    throw new ConfigError(
      `there is a destination named "${name}" already`,
      `To change it: pgbak destination edit ${name}`,
    );
  }
  const same = others.find((other) => other.place === place);
  if (same === undefined) return;
  throw new ConfigError(
    `the destination ${same.name} is in ${place} already`,
    `Use that one, or another place: pgbak destination edit ${same.name}`,
  );
}
