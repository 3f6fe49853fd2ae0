import { attempt, PgbakError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { parseConnection } from '../postgres/connection.ts';
import { destinationsText } from './destination.ts';
import type { Environment } from './environment.ts';
import { shownObjectName } from './names.ts';
import { isReference } from './reference.ts';
import { RULE_NAMES, rulesInWords } from './retention-rules.ts';
import { destinationsWithRules } from './rules-at.ts';
import type { FieldName, ServerFields } from './server.ts';
import { archiveKindOf, encryptionSource, ENVIRONMENT_PASSWORD } from './settings.ts';
import { shownValue } from './changes.ts';

/** Settings that a person looks at together, on the page before a server is stored. */
export interface SettingGroup {
  title: string;
  fields: readonly FieldName[];
  /** What will be done, in a few words; no secret. */
  textOf: (fields: ServerFields, environment: Environment) => string;
}

/** In the order of the page. Together they hold every field. */
export const SETTING_GROUPS = {
  connection: {
    title: 'Database',
    fields: ['connectionString'],
    textOf: ({ connectionString }) => {
      const text = connectionString.reveal();
      if (isReference(text)) return text;
      const connection = attempt(() => parseConnection(connectionString));
      return connection instanceof PgbakError ? 'not known' : connection.label;
    },
  },
  databases: {
    title: 'Databases',
    fields: ['allDatabases', 'includeDatabases', 'excludeDatabases'],
    textOf: ({ allDatabases, includeDatabases, excludeDatabases }) => {
      if (!allDatabases) return 'the one above';
      const chosen = includeDatabases.length === 0 ? 'all of the cluster' : includeDatabases.join(', ');
      return excludeDatabases.length === 0 ? chosen : `${chosen}, without ${excludeDatabases.join(', ')}`;
    },
  },
  name: { title: 'Name', fields: ['name'], textOf: ({ name }) => name },
  storage: {
    title: 'Stored in',
    fields: ['destinations', 'b2KeyId', 'b2AppKey', 'b2Bucket'],
    textOf: (fields, environment) => destinationsText(fields, environment),
  },
  archiveName: {
    title: 'Stored as',
    fields: ['archiveName'],
    textOf: (fields) => shownObjectName(fields),
  },
  frequency: {
    title: 'Backed up',
    fields: ['frequencyHours'],
    textOf: ({ frequencyHours: hours }) => `every ${hours} h`,
  },
  encryption: {
    title: 'Encryption',
    fields: ['archivePassword'],
    textOf: (fields, environment) => {
      if (encryptionSource(fields, environment) === 'none') return 'none: anyone who gets an archive can read it';
      const password = fields.archivePassword?.reveal() ?? ENVIRONMENT_PASSWORD;
      return `AES-256, password ${isReference(password) ? `from ${password}` : 'stored in the catalogue'}`;
    },
  },
  earlier: {
    title: 'Old passwords',
    fields: ['earlierArchivePasswords'],
    textOf: ({ earlierArchivePasswords: { length } }) => (length === 0 ? 'none' : `${length}, for earlier backups`),
  },
  pings: {
    title: 'Health checks',
    fields: ['hcUrlStart', 'hcUrlSuccess', 'hcUrlFail', 'hcUrlVerify'],
    textOf: ({ hcUrlStart, hcUrlSuccess, hcUrlFail, hcUrlVerify }) => {
      const moments = { start: hcUrlStart, success: hcUrlSuccess, failure: hcUrlFail, verification: hcUrlVerify };
      const set = Object.entries(moments).flatMap(([moment, url]) => (url === undefined ? [] : [moment]));
      return set.length === 0 ? 'none: a failed backup goes unnoticed' : `told of ${set.join(', ')}`;
    },
  },
  format: {
    title: 'Format',
    fields: ['format', 'dumpJobs'],
    textOf: ({ format, dumpJobs }) => {
      const texts = {
        sql: 'for psql',
        binary: 'for pg_restore',
        directory: `for pg_restore, by ${dumpJobs} connections`,
      };
      return `${format}, ${texts[format]}`;
    },
  },
  compression: { title: 'Compression', fields: ['compression'], textOf: (fields) => archiveKindOf(fields).compression },
  leftOut: {
    title: 'Left out',
    fields: ['excludeTables', 'excludeTableData', 'excludeSchemas', 'noLargeObjects'],
    textOf: (fields) => {
      const { excludeTables, excludeTableData, excludeSchemas, noLargeObjects } = fields;
      const parts = [
        ...(excludeSchemas.length === 0 ? [] : [`schemas ${excludeSchemas.join(', ')}`]),
        ...(excludeTables.length === 0 ? [] : [`tables ${excludeTables.join(', ')}`]),
        ...(excludeTableData.length === 0 ? [] : [`rows of ${excludeTableData.join(', ')}`]),
        ...(noLargeObjects ? ['large objects'] : []),
      ];
      return parts.join('; ') || 'nothing';
    },
  },
  globals: {
    title: 'Roles',
    fields: ['includeGlobals'],
    textOf: ({ includeGlobals }) => (includeGlobals ? 'archived with the database' : 'not archived'),
  },
  verification: {
    title: 'Verification',
    fields: ['verifyAfter', 'countRows'],
    textOf: ({ verifyAfter, countRows }) => {
      const texts = { none: 'only by pgbak verify', archive: 'each archive is read', restore: 'each is restored' };
      return `${texts[verifyAfter]}${countRows ? ', rows are counted' : ''}`;
    },
  },
  retention: {
    title: 'Kept',
    fields: [...RULE_NAMES, 'autoPrune'],
    textOf: (fields, environment) => {
      const own = destinationsWithRules(fields, environment);
      const rules = [
        rulesInWords(fields) ?? 'everything',
        ...own.map((record) => `in ${record.name}: ${rulesInWords(record)}`),
      ].join('; ');
      if (rules === 'everything') return rules;
      return `${rules}; ${fields.autoPrune ? 'others are removed' : 'pgbak prune removes others'}`;
    },
  },
  sizes: {
    title: 'Size checks',
    fields: ['minSizeBytes', 'sizeTolerancePercent', 'onSizeChange'],
    textOf: ({ minSizeBytes, sizeTolerancePercent: percent, onSizeChange }) =>
      `at least ${formatBytes(minSizeBytes)}; ${onSizeChange === 'alert' ? 'warns' : 'fails'} beyond ${percent} % change`,
  },
  limits: {
    title: 'Time limits',
    fields: ['lockWaitSeconds', 'idleTimeoutSeconds'],
    textOf: ({ lockWaitSeconds, idleTimeoutSeconds }) =>
      `locks ${shownValue('lockWaitSeconds', lockWaitSeconds)}, silence ${shownValue('idleTimeoutSeconds', idleTimeoutSeconds)}`,
  },
} as const satisfies Record<string, SettingGroup>;

export type GroupName = keyof typeof SETTING_GROUPS;
