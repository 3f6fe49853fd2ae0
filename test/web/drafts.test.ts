import { expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { openDrafts } from '../../src/web/form/drafts.ts';

const ID = 'x'.repeat(22);

function draftsAt(time: { minutes: number }) {
  return openDrafts({ now: () => new Date(time.minutes * 60_000) });
}

test('a draft keeps what was typed for half an hour after it was last used', () => {
  const time = { minutes: 0 };
  const drafts = draftsAt(time);
  drafts.take(ID, '/add').typed.set('archive-password', [new Secret('typed')]);
  time.minutes = 30;
  expect(drafts.take(ID, '/add').typed.size).toBe(1);
  time.minutes = 60;
  expect(drafts.take(ID, '/add').typed.size).toBe(1);
  time.minutes = 91;
  expect(drafts.take(ID, '/add').typed.size).toBe(0);
});

test('what was typed for one server is for no other', () => {
  const drafts = draftsAt({ minutes: 0 });
  drafts.take(ID, '/servers/1/edit').typed.set('archive-password', [new Secret('typed')]);
  expect(drafts.take(ID, '/servers/2/edit').typed.size).toBe(0);
  expect(drafts.take(ID, '/add').typed.size).toBe(0);
});

test('of more than fifty the one that was used longest ago is forgotten', () => {
  const drafts = draftsAt({ minutes: 0 });
  const ids = Array.from({ length: 51 }, () => drafts.newId());
  for (const id of ids) drafts.take(id, '/add').typed.set('archive-password', [new Secret('typed')]);
  expect(drafts.take(ids[50] ?? '', '/add').typed.size).toBe(1);
  expect(drafts.take(ids[1] ?? '', '/add').typed.size).toBe(1);
  expect(drafts.take(ids[0] ?? '', '/add').typed.size).toBe(0);
});

test('a draft is found by what it is about, and makes none', () => {
  const time = { minutes: 0 };
  const drafts = draftsAt(time);
  expect(drafts.find(ID, '/add')).toBeUndefined();
  const draft = drafts.take(ID, '/add');
  expect(drafts.find(ID, '/add')).toBe(draft);
  expect(drafts.find(ID, '/servers/1/edit')).toBeUndefined();
  time.minutes = 31;
  expect(drafts.find(ID, '/add')).toBeUndefined();
});

test.each([null, '', 'short', `${'x'.repeat(21)}/`])('an id that is none gets a new one: %j', (given) => {
  const { id } = draftsAt({ minutes: 0 }).take(given, '/add');
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(id).not.toBe(given);
});
