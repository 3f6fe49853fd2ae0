import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../src/system/sqlite.ts';
import type { Account } from '../support/pgbak.ts';
import { SAMPLES, type Sample } from './samples.ts';

/** The secret of all connection strings, which no page may show. */
export const PASSWORD = 'hunter2-of-the-database';

const isoAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** Fills an account's catalogue with servers of all states and with their history, by SQL alone. */
export async function fillSamples(account: Account): Promise<void> {
  const directory = account.folder.at('backups');
  mkdirSync(directory, { recursive: true });
  const added = await account.add({
    name: 'first',
    'connection-string': 'postgresql://app@db.example/first',
    destination: `file:${directory}`,
    'archive-password': 'env:ARCHIVE_SECRET',
    'hc-url-fail': 'https://hc.example/0b1c2d3e/fail',
    'keep-daily': 7,
    'keep-weekly': 4,
    'exclude-table': 'public.audit_*',
    'no-check': true,
  });
  if (added.status !== 0) throw new Error(added.stderr);
  const database = openSqlite(account.catalogPath);
  const template = database.prepare('select * from servers').get() as Record<string, unknown>;
  const insert = (table: string, row: Record<string, unknown>) =>
    database
      .prepare(
        `insert or replace into ${table} (${Object.keys(row).join(', ')}) values (${Object.keys(row)
          .map(() => '?')
          .join(', ')})`,
      )
      .run(...Object.values(row));
  database.exec('begin');
  const attempts = SAMPLES.flatMap((sample, index) => {
    insert('servers', { ...template, ...serverOf(sample, index + 1) });
    return attemptsOf(sample, index + 1, directory);
  });
  for (const attempt of attempts.toSorted((a, b) => (a.started_at < b.started_at ? -1 : 1))) {
    insert('backup_log', attempt);
    if (attempt.object_id !== null) writeFileSync(attempt.object_id, 'x'.repeat(100));
  }
  for (const [index, { verified }] of SAMPLES.entries()) {
    if (verified === undefined) continue;
    const at = isoAgo(verified.hoursAgo);
    const newest = database.prepare(
      `select id from backup_log where server_id = ? and success = '1' and started_at < ? order by started_at desc`,
    );
    insert('verification_log', {
      backup_id: newest.pluck().get(index + 1, at),
      server_id: index + 1,
      verified_at: at,
      level: verified.level,
      success: verified.fault === undefined ? '1' : '0',
      message: verified.fault ?? 'restored; the rows of 24 tables are as many as in the dump',
    });
  }
  database.exec('commit');
  database.close();
}

function serverOf({ name, database, everyHours, attempts, hoursAgo, failed = {} }: Sample, id: number) {
  const newestGood = Array.from({ length: attempts }, (_, n) => n).find((n) => failed[n] === undefined);
  return {
    id,
    name,
    archive_name: `sample-${id}`,
    connection_string: `postgresql://app:${PASSWORD}@${database}`,
    frequency_hrs: everyHours,
    last_backup: attempts === 0 ? null : '20261101T000000',
    last_backup_result: attempts === 0 ? null : failed[0] === undefined ? 'Success' : 'Failed',
    last_success_run: newestGood === undefined ? null : isoAgo(hoursAgo + newestGood * everyHours),
  };
}

function attemptsOf(sample: Sample, id: number, directory: string) {
  const { name, everyHours, failed = {}, growth = 1, hoursAgo, megabytes, warning } = sample;
  return Array.from({ length: sample.attempts }, (_, n) => {
    const startedAt = isoAgo(hoursAgo + n * everyHours);
    const error = failed[n];
    const bytes = Math.round((megabytes * 1e6 * (1 + 0.02 * Math.sin(7 * n + id))) / growth ** n);
    const object = `sample-${id}.sql.7z`;
    const file = `sample-${id}.${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z.sql.7z`;
    const stored =
      error === undefined
        ? {
            file_size: bytes,
            raw_size: bytes * 6,
            place: `file:${directory}`,
            object_id: join(directory, file),
            sha1: '9'.repeat(40),
          }
        : { file_size: null, raw_size: null, place: null, object_id: null, sha1: null };
    return {
      server_id: id,
      server_name: name,
      ts: '20261101T000000',
      result: error ?? 'Success',
      success: error === undefined ? '1' : '0',
      started_at: startedAt,
      finished_at: isoAgo(hoursAgo + n * everyHours - 0.07),
      format: 'sql',
      compression: 'lzma2:1',
      object_name: object,
      warnings: JSON.stringify(n === 0 && warning !== undefined ? [warning] : []),
      ...stored,
    };
  });
}
