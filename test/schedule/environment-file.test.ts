import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { environmentFileText } from '../../src/schedule/environment-file.ts';
import { serverRecord } from '../support/server-record.ts';

/** All that the README's table of variables names. */
const NAMES = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| `[A-Z]/.test(line))
  .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name));

test('and so it gets those that others refer to', () => {
  const env = { ARCHIVE_PASSWORD: 'env:OF_VAULT', B2_APP_KEY: 'env:KEY_OF_VAULT', OF_VAULT: 'a', KEY_OF_VAULT: 'b' };
  const lines = environmentFileText([serverRecord()], [], env).split('\n');
  expect(lines).toEqual(expect.arrayContaining(['OF_VAULT="a"', 'KEY_OF_VAULT="b"']));
});

test('a scheduled run gets every variable that is set, the key that may delete only where it may', () => {
  expect(NAMES).toEqual(expect.arrayContaining(['DB_PATH', 'PGBAK_TMP_LIMIT', 'B2_PRUNE_APP_KEY']));
  const env = Object.fromEntries(NAMES.map((name) => [name, 'value']));
  const given = (autoPrune: boolean) =>
    environmentFileText([{ ...serverRecord(), autoPrune }], [], env)
      .split('\n')
      .flatMap((line) => /^(\w+)="value"$/.exec(line)?.slice(1) ?? []);
  expect(given(true).toSorted()).toEqual(NAMES.toSorted());
  expect(given(false).toSorted()).toEqual(NAMES.filter((name) => !name.startsWith('B2_PRUNE_')).toSorted());
});
