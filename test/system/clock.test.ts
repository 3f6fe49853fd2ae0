import { createServer } from 'node:net';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { limitTo } from '../../src/system/clock.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a limit fires at a server that never answers, however often garbage is collected {hang@ping}', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const pressure = setInterval(collectGarbage, 5);
  try {
    using limit = limitTo(300, new AbortController().signal);
    await expect(fetch(`http://127.0.0.1:${port}/`, { signal: limit.signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(limit.isOver()).toBe(true);
  } finally {
    clearInterval(pressure);
    server.close();
  }
});

test('and what stops earlier gives its own reason', () => {
  const other = new AbortController();
  using limit = limitTo(60_000, other.signal);
  other.abort(new Error('enough'));
  expect(limit.signal.reason).toMatchObject({ message: 'enough' });
  expect(limit.isOver()).toBe(false);
  using late = limitTo(60_000, other.signal);
  expect(late.signal.aborted).toBe(true);
});
