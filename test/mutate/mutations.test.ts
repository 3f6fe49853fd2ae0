import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { locate } from './locate.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test.each(MUTATIONS)('“$name” can be made: its text stands once in src, its tests are there', (mutation) => {
  expect(locate(ROOT, [mutation])).toHaveLength(1);
  expect(mutation.tests.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
