import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { openMezmo } from '../../src/notify/mezmo.ts';
import { startHttpRecorder } from '../support/http-recorder.ts';

const KEY = 'ingestion-key-0123456789';
const open = (url: string, hostname = 'db-host') =>
  openMezmo({ ingestionKey: new Secret(KEY), url, hostname, app: 'pgbak' });

describe('Mezmo', () => {
  test('has got every line, with level, host and application, when it is closed', async () => {
    await using receiver = await startHttpRecorder();
    const mezmo = open(receiver.url);
    mezmo.log({ level: 'info', message: 'shop: backup begins' });
    mezmo.log({ level: 'warning', message: 'shop: smaller than before' });
    mezmo.log({ level: 'error', message: 'shop: größe' });
    expect(await mezmo.close()).toBeUndefined();

    expect(receiver.requests).toHaveLength(1);
    expect(receiver.requests[0]?.url).toMatch(/hostname=db-host/);
    const { ls }: { ls: unknown } = JSON.parse(receiver.requests[0]?.body ?? '');
    expect(ls).toMatchObject([
      { line: 'shop: backup begins', level: 'INFO', app: 'pgbak' },
      { line: 'shop: smaller than before', level: 'WARN' },
      { line: 'shop: größe', level: 'ERROR' },
    ]);
  });

  test('that is not asked anything is not called', async () => {
    await using receiver = await startHttpRecorder();
    expect(await open(receiver.url).close()).toBeUndefined();
    expect(receiver.requests).toEqual([]);
  });

  test.each<['hang' | number, RegExp]>([
    ['hang', /cannot send/],
    [403, /HTTP status 403/],
    [503, /HTTP status 503/],
  ])('that answers with %s delays nothing and gives no key away {hang@ping, denied@ping}', async (answer, problem) => {
    await using receiver = await startHttpRecorder();
    receiver.answers.push(answer, answer, answer);
    const mezmo = open(receiver.url);
    mezmo.log({ level: 'info', message: 'line' });
    const began = Date.now();
    const said = await mezmo.close();
    expect(said).toMatch(problem);
    expect(said).not.toContain(KEY);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test('that cannot be reached is one sentence, and no more however much is logged {refused@ping}', async () => {
    const receiver = await startHttpRecorder();
    await receiver[Symbol.asyncDispose]();
    const mezmo = open(receiver.url);
    mezmo.log({ level: 'info', message: 'line' });
    expect(await mezmo.close()).toBe('cannot send the log lines to Mezmo: ECONNREFUSED');
    mezmo.log({ level: 'info', message: 'line' });
    expect(await mezmo.close()).toBe('cannot send the log lines to Mezmo: ECONNREFUSED');
  });

  test.each(['my host (nightly)', '-x-', 'ünï', '', 'a..b'])('takes the host name "%s"', async (hostname) => {
    await using receiver = await startHttpRecorder();
    const mezmo = open(receiver.url, hostname);
    mezmo.log({ level: 'info', message: 'line' });
    expect(await mezmo.close()).toBeUndefined();
  });
});
