import { expect, test } from '@jest/globals';
import { soak } from './random/soak.ts';

test('whatever befalls a few backups, each that was called good comes back, and nothing is left that nobody lists', async () => {
  const lines: string[] = [];
  const done = soak({ seed: 7, minutes: 60, actions: 4, tell: (line) => lines.push(line) });
  await expect(done.catch((error: unknown) => [...lines, String(error)].join('\n'))).resolves.toBe(4);
}, 900_000);
