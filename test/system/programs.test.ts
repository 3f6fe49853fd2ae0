import { expect, test } from '@jest/globals';
import { runProgram, startProgram } from '../../src/system/programs.ts';

const { signal: never } = new AbortController();
/** A script that starts another program, which keeps its outputs open. */
const wrapper = (more = '') => ({
  name: 'wrapper',
  file: '/bin/sh',
  args: ['-c', `${more} sleep 20; true`],
  env: { PATH: '/usr/bin:/bin' },
});
const SOON_MS = 10_000;

test('a program that is ended is over although what it started lives on {hang@connect}', async () => {
  const began = performance.now();
  await expect(runProgram(wrapper(), { signal: never, timeoutMs: 300 })).rejects.toThrow(/did not answer within 0.3 s/);

  const controller = new AbortController();
  const aborted = startProgram(wrapper('echo last words >&2;'), { stdout: 'pipe', signal: controller.signal });
  aborted.stdout?.resume();
  setTimeout(() => controller.abort(), 300);
  expect(await aborted.ended).toMatchObject({ signal: 'SIGTERM', stderrTail: expect.stringContaining('last words') });

  const stopped = startProgram(wrapper(), { stdout: 'pipe', signal: never });
  await stopped.stop();
  expect(await stopped.ended).toMatchObject({ signal: 'SIGTERM' });
  expect(performance.now() - began).toBeLessThan(SOON_MS);
});
