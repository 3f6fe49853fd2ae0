import { expect, test } from '@jest/globals';
import { changesOf, changeText, changedFields } from '../../src/server/changes.ts';
import { readEnvironment } from '../../src/server/environment.ts';
import { changedServer, keepingEarlier, newServer, parseServerInput } from '../../src/server/server-form.ts';
import type { ServerInput } from '../../src/server/server.ts';

const NOTHING = readEnvironment({});

const today = newServer(
  parseServerInput({
    name: 'shop',
    connectionString: 'postgresql://app:old-secret@db.example/shop',
    compression: 'zstd:3',
    archivePassword: 'archive-secret',
    earlierArchivePasswords: ['first-secret'],
    destinations: ['file:/srv/backups'],
    excludeTables: ['audit_*', 'tmp_*'],
    keepDaily: 7,
  }),
  NOTHING,
);

function edited(input: ServerInput, env: Record<string, string> = {}) {
  const fields = changedServer(today, parseServerInput(keepingEarlier(input, today)));
  const texts = changedFields(today, fields).map((name) => changeText(name, today, fields, readEnvironment(env)));
  return { texts, changes: changesOf(today, fields) };
}

test.each<[ServerInput, string[]]>([
  [{ frequencyHours: 6 }, ['frequency 24 h -> 6 h']],
  [{ frequencyHours: 24 }, []],
  [{ compression: 'lzma2:1' }, ['compression zstd:3 -> lzma2:1 (the default)']],
  [{ connectionString: 'postgresql://app:new-secret@db.example/shop' }, ['connection string changed']],
  [
    { connectionString: 'postgresql://app:new-secret@db.example:6000/web' },
    ['database shop on db.example -> web on db.example:6000'],
  ],
  [{ connectionString: 'env:WEB_URL' }, ['connection string changed']],
  [{ archivePassword: 'new-secret' }, ['archive password changed']],
  [{ archivePassword: '' }, ['archive password removed']],
  [{ hcUrlFail: 'env:HC_FAIL' }, ['ping URL for failure set']],
  [{ excludeTables: ['audit_*', 'log_*'] }, ['tables left out: log_* added, tmp_* removed']],
  [{ earlierArchivePasswords: ['env:OLD'] }, ['earlier archive passwords: 1 -> 2']],
  [{ earlierArchivePasswords: ['first-secret'] }, []],
  [{ earlierArchivePasswords: [''] }, ['earlier archive passwords: 1 -> 0']],
  [{ noLargeObjects: true }, ['large objects yes -> no']],
  [{ keepDaily: 0, autoPrune: true }, ['daily backups to keep 7 -> none', 'removal after each backup no -> yes']],
])('an edit by %j is told as %j', (input, texts) => {
  const told = edited(input);
  expect(told.texts).toEqual(texts);
  expect(told.changes).toHaveLength(texts.length);
  expect(JSON.stringify(told)).not.toContain('secret');
});

test('what the environment says where a record says nothing any more is told', () => {
  const env = { PGBAK_DESTINATION: 'file:/srv/other', ARCHIVE_PASSWORD: 'env-secret' };
  expect(edited({ destinations: [], archivePassword: '' }, env).texts).toEqual([
    'archive password removed; ARCHIVE_PASSWORD applies',
    'destination file:/srv/backups -> none (PGBAK_DESTINATION applies)',
  ]);
});

test('programs are told values, and of a secret what happened to it', () => {
  const input = { frequencyHours: 6, archivePassword: '', hcUrlFail: 'https://hc.example/x', noLargeObjects: true };
  expect(edited(input).changes).toEqual([
    { name: 'frequency-hrs', change: 'changed', from: 24, to: 6 },
    { name: 'archive-password', change: 'removed', from: null, to: null },
    { name: 'hc-url-fail', change: 'set', from: null, to: null },
    { name: 'large-objects', change: 'changed', from: true, to: false },
  ]);
});
