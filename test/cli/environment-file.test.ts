import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { environmentFileText } from '../../src/cli/schedule/environment-file.ts';
import { serverRecord } from '../support/server-record.ts';

/** All that the README's table of variables names. */
const NAMES = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| `[A-Z]/.test(line))
  .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name));

test('a scheduled run gets every variable that is set, the key that may delete only where it may', () => {
  expect(NAMES).toEqual(expect.arrayContaining(['DB_PATH', 'PGBAK_TMP_LIMIT', 'B2_PRUNE_APP_KEY']));
  const env = Object.fromEntries(NAMES.map((name) => [name, 'value']));
  const given = (autoPrune: boolean) =>
    environmentFileText([{ ...serverRecord(), autoPrune }], env)
      .split('\n')
      .flatMap((line) => /^(\w+)="value"$/.exec(line)?.slice(1) ?? []);
  expect(given(true).toSorted()).toEqual(NAMES.toSorted());
  expect(given(false).toSorted()).toEqual(NAMES.filter((name) => !name.startsWith('B2_PRUNE_')).toSorted());
});
