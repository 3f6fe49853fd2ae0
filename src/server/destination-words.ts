import type { FieldWords } from './field-words.ts';
import type { DestinationFieldName } from './destination-record.ts';

/** The words for a field of a destination where it is asked for, and where a change of it is told. */
export const DESTINATION_WORDS: Readonly<Record<DestinationFieldName, FieldWords>> = {
  name: { label: 'name', example: 'nas or offsite' },
  place: { label: 'place', example: 'b2:my-backups, s3:my-backups, file:/srv/backups or rclone:nas:backups' },
  b2KeyId: { label: 'B2 key id', example: '0045f0571db506a0000000007' },
  b2AppKey: { label: 'B2 application key', example: 'K004... or env:OFFSITE_B2_KEY' },
  b2PruneKeyId: { label: 'B2 key id for prune', example: '0045f0571db506a0000000008' },
  b2PruneAppKey: { label: 'B2 application key for prune', example: 'K004... or env:OFFSITE_PRUNE_KEY' },
  s3Endpoint: { label: 'endpoint', example: 'https://fsn1.your-objectstorage.com' },
  s3Region: { label: 'region', example: 'eu-central-1' },
  s3AccessKeyId: { label: 'access key id', example: 'AKIAIOSFODNN7EXAMPLE' },
  s3SecretAccessKey: { label: 'secret access key', example: 'env:OFFSITE_S3_KEY or file:/etc/pgbak/s3' },
  s3Profile: { label: 'profile', example: 'backup' },
  s3StorageClass: { label: 'storage class', example: 'STANDARD_IA' },
  s3PathStyle: { label: 'path style' },
  rcloneConfig: { label: 'configuration file of rclone', example: '/etc/pgbak/rclone.conf' },
  verifyUpload: { label: 'reading back of each archive' },
  keepLast: { label: 'newest backups to keep' },
  keepHourly: { label: 'hourly backups to keep' },
  keepDaily: { label: 'daily backups to keep' },
  keepWeekly: { label: 'weekly backups to keep' },
  keepMonthly: { label: 'monthly backups to keep' },
  keepYearly: { label: 'yearly backups to keep' },
  keepWithin: { label: 'period to keep all backups of', example: '30d' },
  objectLockDays: { label: 'object lock', unit: 'days' },
  objectLockMode: { label: 'mode of the object lock' },
  bandwidth: { label: 'bandwidth', example: '10M' },
};
