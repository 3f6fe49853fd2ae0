import { beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { ping, type Ping } from '../../src/notify/ping.ts';
import { systemClock } from '../../src/system/clock.ts';
import { startHttpRecorder } from '../support/http-recorder.ts';

function request(url: string, pausesMs: number[] = [], changes: Partial<Ping> = {}): Ping {
  return {
    moment: 'success',
    url: new Secret(url),
    body: 'stored 5000 bytes as größe',
    userAgent: 'pgbak/1.2.3',
    clock: { ...systemClock, sleep: async (ms) => void pausesMs.push(ms) },
    ...changes,
  };
}

// Loading it takes longer than the limits below.
beforeAll(async () => void (await import('axios')));

describe('a ping', () => {
  test('is one POST with the text as its body', async () => {
    await using receiver = await startHttpRecorder();
    expect(await ping(request(`${receiver.url}/uuid-1234?rid=7`))).toBeUndefined();
    expect(receiver.requests).toMatchObject([
      { method: 'POST', url: '/uuid-1234?rid=7', body: 'stored 5000 bytes as größe' },
    ]);
    expect(receiver.requests[0]?.headers).toMatchObject({ 'user-agent': 'pgbak/1.2.3' });
  });

  test('is sent again after 5xx and broken connections, with growing pauses {refused@ping, lost@ping}', async () => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push(503, 'reset');
    const pausesMs: number[] = [];
    expect(await ping(request(receiver.url, pausesMs))).toBeUndefined();
    expect(receiver.requests).toHaveLength(3);
    expect(pausesMs).toEqual([1000, 4000]);
  });

  test('is given up after three tries, without the rest of its URL {refused@ping}', async () => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push(500, 500, 500);
    const problem = await ping(request(`${receiver.url}/uuid-1234`));
    expect(problem).toBe(`cannot send the success ping to 127.0.0.1:${receiver.port}: HTTP status 500`);
    expect(receiver.requests).toHaveLength(3);
  });

  test('is not repeated when it is refused {refused@ping}', async () => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push(404);
    expect(await ping(request(`${receiver.url}/uuid-1234`))).toMatch(/HTTP status 404$/);
    expect(receiver.requests).toHaveLength(1);
  });

  test.each(['hang', 'drip'] as const)(
    'gives up once on a receiver that does not answer in time (%s) {hang@ping}',
    async (answer) => {
      await using receiver = await startHttpRecorder();
      receiver.answers.push(answer);
      const pausesMs: number[] = [];
      const problem = await ping(request(receiver.url, pausesMs, { withinMs: 400 }));
      expect(problem).toMatch(/cannot send the \w+ ping to 127.0.0.1:\d+: no answer within 0.4 seconds$/);
      expect(receiver.requests).toHaveLength(1);
    },
  );

  test('all of its tries have one limit, and the answer that came is told {hang@ping, refused@ping}', async () => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push(503, 'hang');
    const problem = await ping(request(receiver.url, [], { withinMs: 400 }));
    expect(problem).toMatch(/: HTTP status 503$/);
    expect(receiver.requests).toHaveLength(2);
  });

  test('is delivered with the status of an answer that never ends {hang@ping}', async () => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push('endless');
    expect(await ping(request(receiver.url))).toBeUndefined();
  });

  test('is ended by an interruption where one may end it {hang@ping}', async () => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push('hang');
    const problem = await ping(request(receiver.url, [], { signal: AbortSignal.timeout(300) }));
    expect(problem).toMatch(/: interrupted$/);
  });

  test('to a port that is closed ends with the reason {refused@ping}', async () => {
    const receiver = await startHttpRecorder();
    await receiver[Symbol.asyncDispose]();
    expect(await ping(request(`${receiver.url}/uuid-1234`))).toMatch(/:\d+: ECONNREFUSED$/);
  });

  test('carries a user and a password of its URL in a header, decoded', async () => {
    await using receiver = await startHttpRecorder();
    const url = `${receiver.url.replace('//', '//me:p%40ss%20w%C3%B6rt@')}/check`;
    expect(await ping(request(url))).toBeUndefined();
    const expected = Buffer.from('me:p@ss wört').toString('base64');
    expect(receiver.requests[0]).toMatchObject({ url: '/check', headers: { authorization: `Basic ${expected}` } });
  });

  test('does not carry them to another host, and names no secret when it fails {hostile@ping}', async () => {
    await using first = await startHttpRecorder();
    await using second = await startHttpRecorder();
    first.answers.push({ status: 307, headers: { location: `${second.url}/elsewhere` } });
    second.answers.push(404);
    const problem = await ping(request(`${first.url.replace('//', '//me:hunter2@')}/uuid-1234`));
    expect(second.requests).toHaveLength(1);
    expect(second.requests[0]?.headers['authorization']).toBeUndefined();
    expect(problem).not.toMatch(/hunter2|uuid-1234/);
  });

  test('cuts a body that is longer than health checks keep', async () => {
    await using receiver = await startHttpRecorder();
    await ping(request(receiver.url, [], { body: 'x'.repeat(200_000) }));
    expect(receiver.requests[0]?.body).toHaveLength(100_000);
  });

  test.each(['not a url', 'ftp://example.com/x', 'https://%zz@example.com/'])('to %s never throws', async (url) => {
    expect(await ping(request(url))).toMatch(/^(?:cannot send )?the success ping/);
  });
});
