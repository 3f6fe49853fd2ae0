import type { BackupRecord } from '../core/backup-record.ts';
import { formatCount } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { forget } from '../restore/moved-directory.ts';
import { changedFields, changesOf, changeText, type SettingChange } from '../server/changes.ts';
import { knownPlacesOf } from '../server/destination.ts';
import type { Environment } from '../server/environment.ts';
import { RETENTION } from '../server/flag-groups.ts';
import { FIELD_NAMES, FIELDS, type FieldName, type ServerFields, type ServerRecord } from '../server/server.ts';
import { encryptionSource, ENVIRONMENT_PASSWORD } from '../server/settings.ts';
import { unappliedRules } from './unapplied-rules.ts';

const RETENTION_FIELDS = new Set<FieldName>(FIELD_NAMES.filter((name) => FIELDS[name].helpGroup === RETENTION));

/** What an edit did. */
export interface EditReport {
  id: number;
  name: string;
  changes: SettingChange[];
}

interface Surroundings {
  stored: readonly BackupRecord[];
  environment: Environment;
  /** Which of the places that the server had are not there, and why. */
  misplaced: ReadonlyMap<string, string>;
}

/** What an edit changed, for programs and, line by line, for people. */
export function reportEdit(
  today: ServerRecord,
  fields: ServerFields,
  { stored, environment, misplaced }: Surroundings,
): { report: EditReport; lines: string[] } {
  const report = { id: today.id, name: fields.name, changes: changesOf(today, fields) };
  const lines = changedFields(today, fields).map((name) => {
    const line = `${fields.name}: ${changeText(name, today, fields, environment)}`;
    return name === 'archivePassword' ? `${line}. ${passwordText(today, fields, stored.length, environment)}` : line;
  });
  if (lines.length === 0) {
    lines.push(
      `${fields.name}: ${today.unreadable === undefined ? 'nothing was changed' : 'its record was put right'}`,
    );
  }
  if (today.name !== fields.name && today.archiveName === fields.archiveName) {
    lines.push(`Its archives keep their name in storage: ${fields.archiveName}`);
  }
  if (changedFields(today, fields).some((name) => RETENTION_FIELDS.has(name))) {
    lines.push(...unappliedRules(fields, environment));
  }
  lines.push(...leftBehind(today, fields, { stored, environment, misplaced }));
  if (report.changes.length > 0 && today.lastResult === 'failed') {
    lines.push(`Its last backup failed. To try again now: pgbak run ${quoted(fields.name)}`);
  }
  return { report, lines };
}

/** What becomes of the backups in the place that a server leaves. */
function leftBehind(
  today: ServerRecord,
  fields: ServerFields,
  { stored, environment, misplaced }: Surroundings,
): string[] {
  const after = knownPlacesOf(fields, environment);
  const left = knownPlacesOf(today, environment).filter((place) => !after.includes(place));
  return left.flatMap((place) => leftIn(place, { stored, misplaced: misplaced.get(place) }));
}

function leftIn(
  before: string,
  { stored, misplaced }: { stored: readonly BackupRecord[]; misplaced: string | undefined },
): string[] {
  const count = stored.filter(({ place }) => place === before).length;
  if (count === 0) return [];
  if (misplaced !== undefined) {
    const are = count === 1 ? 'is' : 'are';
    const they = count === 1 ? 'it is' : 'they are';
    return [
      `${formatCount(count, 'backup')} ${are} recorded in ${before}: ${misplaced}`,
      `Mount it to restore from there. If ${they} gone: ${forget(before)}`,
    ];
  }
  const [stay, them] = count === 1 ? ['stays', 'it'] : ['stay', 'them'];
  return [`${formatCount(count, 'backup')} ${stay} in ${before}; pgbak restores ${them} from there`];
}

/** What another archive password means for the backups to come, and for those that are stored. */
function passwordText(today: ServerRecord, fields: ServerFields, stored: number, environment: Environment): string {
  const source = encryptionSource(fields, environment);
  const coming =
    source === 'none'
      ? 'New backups are NOT encrypted'
      : `New backups are encrypted with ${source === 'record' ? 'it' : 'ARCHIVE_PASSWORD'}`;
  if (encryptionSource(today, environment) === 'none') {
    return stored === 0 ? `${coming}.` : `${coming}; earlier ones are not encrypted.`;
  }
  const old = (today.archivePassword ?? environment.archivePassword)?.reveal();
  const isKept = fields.earlierArchivePasswords.some(
    (one) => one.reveal() === old || one.reveal() === ENVIRONMENT_PASSWORD,
  );
  if (isKept) return `${coming}; earlier ones are opened with the earlier password, which is kept.`;
  const keep = `pgbak edit ${quoted(fields.name)} --earlier-archive-password file:/path`;
  return stored === 0
    ? `${coming}; earlier ones need the old password.`
    : `${coming}; earlier ones need the old password.\nTo keep it for the ${stored === 1 ? 'stored backup' : `${stored} stored backups`}: ${keep}`;
}
