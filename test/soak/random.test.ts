import { expect, test } from '@jest/globals';
import { soak } from './random/soak.ts';

test('whatever befalls a few backups, each that was called good comes back, and nothing is left that nobody lists', async () => {
  const lines: string[] = [];
  // A full disk, a blow that finds nobody, and a kill of pg_dump.
  const done = soak({ seed: 2567, minutes: 60, actions: 4, tell: (line) => lines.push(line) });
  const outcome = await done.catch((error: unknown) => [...lines, String(error)].join('\n'));
  expect(outcome).toMatchObject({ actions: 4 });
}, 900_000);
