import { expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
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

test('a program gets the environment that it is given, and no other', async () => {
  expect(Object.keys(process.env).length).toBeGreaterThan(1);
  const command = { name: 'env', file: '/usr/bin/env', args: [], env: { ONLY: 'this', KEY: new Secret('k3y') } };
  const { stdout } = await runProgram(command, { signal: never, timeoutMs: SOON_MS });
  expect(stdout.trim().split('\n').toSorted()).toEqual(['KEY=k3y', 'ONLY=this']);
});

test('what a program writes to stderr is told without the secrets that it was given {secret@connect}', async () => {
  const lines: string[] = [];
  const command = {
    name: 'talker',
    file: '/bin/sh',
    args: ['-c', 'read -r typed; echo "got $PGPASSWORD and $typed" >&2'],
    env: { PGPASSWORD: new Secret('1n the environment') },
    secrets: [new Secret('typed 1n')],
  };
  const program = startProgram(command, { stdin: 'pipe', signal: never, onStderrLine: (line) => lines.push(line) });
  program.stdin?.end('typed 1n\n');
  const ending = await program.ended;
  expect({ exitCode: ending.exitCode, lines }).toEqual({ exitCode: 0, lines: ['got 1n the environment and typed 1n'] });
  expect(ending.stderrTail.trim()).toBe('got [hidden] and [hidden]');
  expect(JSON.stringify(ending)).not.toContain('1n');
});
