import type { FieldName } from './server.ts';

/** The words for a field where it is asked for, and where a change of it is told. */
export interface FieldWords {
  /** In the middle of a sentence: `archive password`. */
  label: string;
  /** Behind a number: `h`. */
  unit?: string;
  /** An example of the format, shown in the prompt. */
  example?: string;
}

export const FIELD_WORDS: Readonly<Record<FieldName, FieldWords>> = {
  name: { label: 'name', example: 'shop' },
  connectionString: {
    label: 'connection string',
    example: 'postgresql://app:password@db.example/shop or env:SHOP_URL',
  },
  allDatabases: { label: 'all databases of the cluster' },
  includeDatabases: { label: 'databases backed up', example: 'shop, crm_*' },
  excludeDatabases: { label: 'databases left out', example: 'test_*, scratch' },
  frequencyHours: { label: 'frequency', unit: 'h', example: '24, 6h, 1d or 1w' },
  format: { label: 'format' },
  compression: { label: 'compression', example: 'lzma2:1, zstd:3' },
  archiveName: { label: 'archive name', example: 'shop or production/shop' },
  archivePassword: { label: 'archive password', example: 'file:/etc/pgbak/password' },
  earlierArchivePasswords: { label: 'earlier archive passwords', example: 'file:/etc/pgbak/old-password' },
  destinations: {
    label: 'destination',
    example: 'b2, s3:my-bucket, file:/srv/backups, rclone:nas:backups or the name of a destination',
  },
  b2KeyId: { label: 'B2 key id', example: '0045f0571db506a0000000007' },
  b2AppKey: { label: 'B2 application key', example: 'K004... or env:SHOP_B2_KEY' },
  b2Bucket: { label: 'B2 bucket', example: 'my-backups' },
  hcUrlStart: { label: 'ping URL for the start', example: 'https://hc-ping.com/UUID/start' },
  hcUrlSuccess: { label: 'ping URL for success', example: 'https://hc-ping.com/UUID' },
  hcUrlFail: { label: 'ping URL for failure', example: 'https://hc-ping.com/UUID/fail' },
  hcUrlVerify: { label: 'ping URL for verifications', example: 'https://hc-ping.com/UUID' },
  excludeTables: { label: 'tables left out', example: 'public.audit_*, tmp_*' },
  excludeTableData: { label: 'tables whose rows are left out', example: 'public.sessions' },
  excludeSchemas: { label: 'schemas left out', example: 'scratch' },
  noLargeObjects: { label: 'large objects' },
  minSizeBytes: { label: 'smallest archive', unit: 'bytes', example: '4096' },
  sizeTolerancePercent: { label: 'size tolerance', unit: '%', example: '10' },
  onSizeChange: { label: 'reaction to a change of size' },
  lockWaitSeconds: { label: 'wait for locked tables', unit: 's', example: '600' },
  idleTimeoutSeconds: { label: 'time without output', unit: 's', example: '1800' },
  dumpJobs: { label: 'connections of a dump', example: '2' },
  includeGlobals: { label: 'roles and settings' },
  countRows: { label: 'row counts' },
  verifyAfter: { label: 'verification of each backup' },
  keepLast: { label: 'newest backups to keep', example: '10; 0 for no such rule' },
  keepHourly: { label: 'hourly backups to keep', example: '24; 0 for no such rule' },
  keepDaily: { label: 'daily backups to keep', example: '7; 0 for no such rule' },
  keepWeekly: { label: 'weekly backups to keep', example: '4; 0 for no such rule' },
  keepMonthly: { label: 'monthly backups to keep', example: '12; 0 for no such rule' },
  keepYearly: { label: 'yearly backups to keep', example: '5; 0 for no such rule' },
  keepWithin: { label: 'period to keep all backups of', example: '48h, 30d, 2w, 1y6m' },
  autoPrune: { label: 'removal after each backup' },
};
