import { expect, test } from '@jest/globals';
import { startHttpProxy } from '../support/http-proxy.ts';
import { startHttpRecorder } from '../support/http-recorder.ts';
import { newAccount } from '../support/pgbak.ts';

const HOST = 'checks.example.test';

test('pings and Mezmo go through the proxy that the environment names, and trust the authority it names', async () => {
  using account = newAccount();
  await using proxy = await startHttpProxy(account.folder, HOST);
  await using direct = await startHttpRecorder();
  await account.add({
    name: 'shop',
    'connection-string': 'postgresql://127.0.0.1:1/shop',
    destination: 'file:/srv',
    'hc-url-start': `https://${HOST}/start`,
    'hc-url-fail': `http://${HOST}/fail`,
    'no-check': true,
  });
  const { stderr } = await account.start(['run'], {
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    NO_PROXY: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: proxy.certificate,
    MEZMO_INGESTION_KEY: 'ingestion-key-0123456789',
    MEZMO_URL: `https://${HOST}/logs`,
  }).finished;
  expect(stderr).not.toMatch(/ping could not|Mezmo/);
  expect(proxy.asked).toEqual(expect.arrayContaining([`CONNECT ${HOST}:443`, `POST http://${HOST}/fail`]));
  expect(proxy.tunneled).toEqual(expect.arrayContaining(['/start', expect.stringMatching(/^\/logs\?/)]));

  // NO_PROXY names hosts that are asked without it.
  await account.pgbak('edit', 'shop', `--hc-url-fail=${direct.url}/direct`);
  await account.start(['run'], { HTTPS_PROXY: proxy.url, HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' })
    .finished;
  expect(direct.requests).toMatchObject([{ url: '/direct' }]);
});

test('a proxy that cannot be reached is named in a warning and ends no run {refused@ping}', async () => {
  using account = newAccount({ HTTPS_PROXY: 'http://127.0.0.1:1' });
  await account.add({
    name: 'shop',
    'connection-string': 'postgresql://127.0.0.1:1/shop',
    destination: 'file:/srv',
    'hc-url-fail': `https://${HOST}/fail`,
    'no-check': true,
  });
  const { status, stderr } = await account.pgbak('run');
  expect(status).toBe(1);
  expect(stderr).toMatch(/cannot send the fail ping to checks\.example\.test: ECONNREFUSED/);
});
