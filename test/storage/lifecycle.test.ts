import { expect, test } from '@jest/globals';
import { judgeLifecycle } from '../../src/monitor/check-lifecycle.ts';
import { readEnvironment } from '../../src/server/environment.ts';
import { keptDays } from '../../src/server/kept-days.ts';
import type { LifecycleEffect } from '../../src/storage/lifecycle.ts';
import { serverRecord } from '../support/server-record.ts';
import { never } from './archives.ts';
import { b2Place } from './open-b2.ts';
import { s3Place } from './open-s3.ts';

const NAME = 'shop.sql.7z';
const rule = (id: string, text: string, status = 'Enabled') =>
  `<Rule><ID>${id}</ID><Status>${status}</Status>${text}</Rule>`;
const starting = (prefix: string) => `<Filter><Prefix>${prefix}</Prefix></Filter>`;

test('of a bucket of S3, the rules are told that touch archives of a name', async () => {
  await using place = await s3Place();
  const storage = place.open({ prefix: 'one' });
  const effects = async () => await storage.lifecycle?.(NAME, never);
  expect(await effects()).toEqual([]);
  const expiring = '<Expiration><Days>5</Days></Expiration>';
  const older =
    '<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>4</NewerNoncurrentVersions></NoncurrentVersionExpiration>';
  const moving = (storageClass: string) =>
    `<Transition><Days>30</Days><StorageClass>${storageClass}</StorageClass></Transition>`;
  place.server.bucket.lifecycle = [
    rule('expires', starting('one/sh') + expiring),
    rule('off', starting('') + expiring, 'Disabled'),
    rule('other', starting('two/') + expiring),
    rule('tagged', `<Filter><And><Prefix/><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter>${expiring}`),
    rule('dated', `<Prefix>one/shop.</Prefix><Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration>`),
    rule('small', `<Filter><ObjectSizeLessThan>900</ObjectSizeLessThan></Filter>${older}${moving('GLACIER')}`),
    rule('warm', starting('') + moving('STANDARD_IA')),
  ].join('');
  const frozen = { rule: '"small" (archives below 900 bytes)', does: 'freezes', afterDays: 30, sparesNewest: 0 };
  expect(await effects()).toEqual([
    { rule: '"expires"', does: 'removes', afterDays: 5, sparesNewest: 0 },
    { rule: '"dated" (from 2027-01-01 on)', does: 'removes', afterDays: 0, sparesNewest: 0 },
    frozen,
  ]);
  // In a bucket with versions the newest one is only hidden.
  place.server.bucket.versioning = 'Enabled';
  expect(await place.open({ prefix: 'one' }).lifecycle?.(NAME, never)).toEqual([
    { rule: frozen.rule, does: 'removes', afterDays: 3, sparesNewest: 5 },
    { ...frozen, isOfNewest: true },
  ]);
  place.server.bucket.lifecycle = undefined;
  expect(await effects()).toBeUndefined();
});

test('of a bucket of B2, the rules are told that delete versions, and nothing where the key may not ask', async () => {
  await using place = await b2Place();
  const bucket = place.server.createBucket('ruled');
  bucket.lifecycleRules = [
    { fileNamePrefix: 'sh', daysFromUploadingToHiding: null, daysFromHidingToDeleting: 1 },
    { fileNamePrefix: '', daysFromUploadingToHiding: 7, daysFromHidingToDeleting: 2 },
    { fileNamePrefix: '', daysFromUploadingToHiding: 7, daysFromHidingToDeleting: null },
    { fileNamePrefix: 'logs/', daysFromUploadingToHiding: 7, daysFromHidingToDeleting: 2 },
  ];
  expect(await place.open({ bucket: 'ruled' }).lifecycle?.(NAME, never)).toEqual([
    { rule: 'for "sh"', does: 'removes', afterDays: 1, sparesNewest: 1 },
    { rule: 'for all files', does: 'removes', afterDays: 2, sparesNewest: 0 },
  ]);
  const key = place.server.createKey({ bucketId: bucket.id, capabilities: ['listFiles', 'writeFiles'] });
  expect(await place.open({ bucket: 'ruled', key }).lifecycle?.(NAME, never)).toBeUndefined();
});

test.each([
  [{}, 24, undefined],
  [{ keepLast: 7 }, 24, 7],
  [{ keepLast: 24, keepHourly: 12 }, 1, 1],
  [{ keepDaily: 3 }, 48, 6],
  [{ keepDaily: 7, keepMonthly: 12, keepWithin: '1y6m' }, 24, 545],
])('the rules %j keep backups of every %i h for %p days', (rules, frequencyHours, days) => {
  expect(keptDays(rules, { frequencyHours })).toBe(days);
});

const removing: LifecycleEffect = { rule: '"x"', does: 'removes', afterDays: 5, sparesNewest: 0 };
test.each<[string, Partial<Parameters<typeof judgeLifecycle>[0]>, number | undefined, LifecycleEffect[], RegExp[]]>([
  ['a lock as long as the rules', { keepDaily: 7 }, 7, [], [/^ok: archives in s3:bucket are locked for 7 days$/]],
  ['a longer one', { keepDaily: 7 }, 8, [], [/^ok: .* for 8 days, longer than .* \(7 days\): prune removes/]],
  ['a shorter one', { keepDaily: 7 }, 6, [], [/^warning: .* for 6 days, and .* up to 7 days: .*--object-lock-days 7$/]],
  ['a lock without rules', {}, 6, [], [/^ok: /]],
  ['a rule that removes later', { keepDaily: 5 }, undefined, [removing], []],
  ['one that removes earlier', { keepDaily: 6 }, undefined, [removing], [/^warning: .* after 5 days, but the rules/]],
  ['one that spares the newest', { keepLast: 6 }, undefined, [{ ...removing, sparesNewest: 6 }], []],
  ['one that waits for the lock', { keepDaily: 7 }, 7, [removing], [/^ok/]],
  ['one where nothing may go', {}, 30, [removing], [/^ok/, /^warning: .* the server has no rules of retention/]],
  ['a thaw', { keepDaily: 6 }, undefined, [{ ...removing, does: 'freezes' }], [/^warning: .* without a thaw/]],
  ['no thaw', { keepDaily: 6 }, undefined, [{ ...removing, does: 'freezes', isOfNewest: true }], []],
  ['an end of uploads', {}, undefined, [{ ...removing, does: 'cancels', afterDays: 0 }], [/^warning: .* unfinished/]],
])('the doctor judges %s', (_what, rules, lockDays, effects, said) => {
  const destination = {
    kind: 's3' as const,
    bucket: 'bucket',
    endpoint: undefined,
    objectLock: lockDays === undefined ? undefined : { days: lockDays, mode: 'governance' as const },
  };
  const server = serverRecord({ frequencyHours: 24, destinations: ['s3:bucket'], ...rules });
  const place = { name: 'cloud', place: 's3:bucket', destination };
  const judged = judgeLifecycle(server, place, effects, readEnvironment({}));
  expect(judged.map(({ level, message, hint = '' }) => `${level}: ${message} ${hint}`.trim())).toEqual(
    said.map((pattern) => expect.stringMatching(pattern)),
  );
});
