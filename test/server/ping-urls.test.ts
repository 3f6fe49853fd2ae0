import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../src/core/errors.ts';
import { readEnvironment } from '../../src/server/environment.ts';
import { pingUrlsBelow, resolvePingUrls } from '../../src/server/ping-urls.ts';
import { newServer, parseServerInput } from '../../src/server/server-form.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeFileSync } from 'node:fs';

const BASE = 'https://hc-ping.com/5ca1ab1e';

function pingsOf(base: string, env: Record<string, string> = {}) {
  const connectionString = 'postgresql://db.example/shop';
  const environment = readEnvironment(env);
  const server = newServer(parseServerInput({ connectionString, ...pingUrlsBelow(base) }), environment);
  const { urls, problems } = resolvePingUrls(server, environment);
  return { start: urls.start?.reveal(), success: urls.success?.reveal(), fail: urls.fail?.reveal(), problems };
}

const ALL = { start: `${BASE}/start`, success: BASE, fail: `${BASE}/fail`, problems: [] };

describe('one URL of a check stands for its three', () => {
  test('as it is typed, with or without a slash behind it, and with a query', () => {
    expect(pingsOf(BASE)).toEqual(ALL);
    expect(pingsOf(`${BASE}/`)).toEqual({ ...ALL, success: `${BASE}/` });
    expect(pingsOf(`${BASE}?rid=1`)).toMatchObject({ start: `${BASE}/start?rid=1`, fail: `${BASE}/fail?rid=1` });
  });

  test('behind a variable or a file, as it is when it is used', () => {
    using folder = temporaryFolder();
    writeFileSync(folder.at('hc url'), `${BASE}\n`);
    expect(pingsOf('env:HC', { HC: BASE })).toEqual(ALL);
    expect(pingsOf(`file:${folder.at('hc url')}`)).toEqual(ALL);
    expect(pingsOf('env:HC').problems).toEqual([
      'the start ping URL refers to the environment variable HC, which is not set',
      'the success ping URL refers to the environment variable HC, which is not set',
      'the fail ping URL refers to the environment variable HC, which is not set',
    ]);
  });

  test('an empty one clears all three, and one that is no URL is refused without being repeated', () => {
    expect(pingUrlsBelow('')).toEqual({ hcUrlStart: '', hcUrlSuccess: '', hcUrlFail: '' });
    expect(() => pingUrlsBelow('hc-ping.com/5ca1ab1e')).toThrow(ConfigError);
    expect(() => pingUrlsBelow('hc-ping.com/5ca1ab1e')).not.toThrow(/5ca1ab1e/);
  });
});
