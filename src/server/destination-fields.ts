import { ConfigError } from '../core/errors.ts';
import { parsePlace, printPlace } from '../storage/place.ts';
import { parseRate } from './bandwidth.ts';
import { parseDestinationName } from './destination-name.ts';
import { choice, keptWhere, optionalCount, optionalText, text, yesOrNo } from './field-kinds.ts';
import { BASICS_OF_DESTINATION, OF_B2, OF_RCLONE, OF_S3, LOCK_AND_RATE } from './flag-groups.ts';
import { KEEP_FIELDS } from './retention-fields.ts';
import { optionalSecret } from './secret-kinds.ts';

const OR_REFERENCE = 'or env:NAME or file:/path, read when used';

function key<const Flag extends string, const Column extends string>(
  flag: Flag,
  column: Column,
  facts: { help: string; helpGroup: string; helpValue: string; isMasked?: boolean },
) {
  return optionalSecret({ flag, column, ...facts, help: `${facts.help}, ${OR_REFERENCE}` }, oneWord(flag));
}

function oneWord(flag: string) {
  return (given: string) => {
    if (/\s/.test(given)) throw new ConfigError(`--${flag} has a space or a line break in it`, 'Copy it once more.');
    return given;
  };
}

function ofS3<const Flag extends string>(flag: Flag, help: string, helpValue: string) {
  return { flag, help, helpValue, helpGroup: OF_S3 } as const;
}

/** Stored with its scheme. A named destination must tell the bucket: `b2` alone means what the environment says. */
function placeText(given: string): string {
  const place = parsePlace(given.trim());
  if (place.kind !== 'b2' || place.bucket !== undefined) return printPlace(place);
  throw new ConfigError('the place b2 names no bucket', 'For example: b2:my-backups, or b2:my-backups/production');
}

function endpoint(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(
      'the endpoint is no URL',
      'For example: --endpoint https://s3.eu-central-003.backblazeb2.com',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      'the endpoint holds a name or a password',
      'Give them as --access-key-id and --secret-access-key',
    );
  }
  return given;
}

function configFile(given: string): string {
  if (given.startsWith('/')) return given;
  throw new ConfigError(
    'the path of --rclone-config must begin with /',
    'For example: --rclone-config /etc/pgbak/rclone.conf',
  );
}

/** A hundred years, as in AWS. */
const LONGEST_LOCK_DAYS = 36_500;

/** All facts about each field of a named destination, as `fields.ts` has them of a server. A new one needs a migration. */
export const DESTINATION_FIELDS = {
  /** Unique; people type it, and servers refer to it. */
  name: text(
    { flag: 'name', help: 'what to call the destination', helpValue: 'NAME', helpGroup: BASICS_OF_DESTINATION },
    parseDestinationName,
  ),
  /** `b2:BUCKET/PREFIX`, `file:/dir`: no other destination has it. */
  place: text(
    {
      flag: 'place',
      help: 'where it is: b2:BUCKET[/PREFIX], s3:BUCKET[/PREFIX], file:/dir or rclone:REMOTE:PATH',
      helpValue: 'PLACE',
      helpGroup: BASICS_OF_DESTINATION,
    },
    placeText,
  ),
  b2KeyId: key('b2-key-id', 'b2_key_id', { help: 'id of the B2 application key', helpGroup: OF_B2, helpValue: 'ID' }),
  b2AppKey: key('b2-app-key', 'b2_app_key', {
    help: 'the B2 application key',
    helpGroup: OF_B2,
    helpValue: 'KEY',
    isMasked: true,
  }),
  /** A key that may delete, for pruning alone. */
  b2PruneKeyId: key('b2-prune-key-id', 'b2_prune_key_id', {
    help: 'id of the B2 key that may delete, for prune alone',
    helpGroup: OF_B2,
    helpValue: 'ID',
  }),
  b2PruneAppKey: key('b2-prune-app-key', 'b2_prune_app_key', {
    help: 'the B2 key that may delete',
    helpGroup: OF_B2,
    helpValue: 'KEY',
    isMasked: true,
  }),
  s3Endpoint: optionalText(
    { ...ofS3('endpoint', 'URL of the service; default: Amazon S3', 'URL'), column: 's3_endpoint' },
    endpoint,
  ),
  s3Region: optionalText(
    { ...ofS3('region', 'region of the bucket', 'REGION'), column: 's3_region' },
    oneWord('region'),
  ),
  s3AccessKeyId: key('access-key-id', 's3_access_key_id', {
    help: 'id of the access key',
    helpGroup: OF_S3,
    helpValue: 'ID',
  }),
  s3SecretAccessKey: key('secret-access-key', 's3_secret_access_key', {
    help: 'the secret access key',
    helpGroup: OF_S3,
    helpValue: 'KEY',
    isMasked: true,
  }),
  s3Profile: optionalText(
    { ...ofS3('profile', 'profile in the files of the AWS tools', 'NAME'), column: 's3_profile' },
    oneWord('profile'),
  ),
  s3StorageClass: optionalText(
    {
      ...ofS3('storage-class', 'class that archives are stored in, such as STANDARD_IA', 'CLASS'),
      column: 's3_storage_class',
    },
    oneWord('storage-class'),
  ),
  s3PathStyle: choice(
    {
      flag: 'path-style',
      help: 'whether the bucket stands in the path of a URL',
      helpGroup: OF_S3,
      column: 's3_path_style',
    },
    ['auto', 'yes', 'no'],
  ),
  rcloneConfig: optionalText(
    {
      flag: 'rclone-config',
      help: 'configuration file of rclone; default: the one that rclone finds',
      helpValue: 'FILE',
      helpGroup: OF_RCLONE,
    },
    configFile,
  ),
  verifyUpload: yesOrNo({
    flag: 'verify-upload',
    help: 'where the remote knows no hash, read each archive back after it was stored',
    helpGroup: OF_RCLONE,
  }),
  ...KEEP_FIELDS,
  objectLockDays: optionalCount(
    {
      flag: 'object-lock-days',
      help: 'forbid to remove an archive for N days, in B2 and S3; 0 locks no further ones',
      helpValue: 'N',
      helpGroup: LOCK_AND_RATE,
    },
    LONGEST_LOCK_DAYS,
  ),
  objectLockMode: choice(
    {
      flag: 'object-lock-mode',
      help: 'governance (default): a key with that right may lift the lock; compliance: none may',
      helpGroup: LOCK_AND_RATE,
    },
    ['governance', 'compliance'],
  ),
  bandwidth: optionalText(
    {
      flag: 'bandwidth',
      help: 'the most to send in a second, such as 10M',
      helpValue: 'RATE',
      helpGroup: LOCK_AND_RATE,
    },
    keptWhere(parseRate),
  ),
};
