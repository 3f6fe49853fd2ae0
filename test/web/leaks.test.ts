import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openSqlite } from '../../src/system/sqlite.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

/** Each would run, or end the attribute or the element that it stands in, where it is not escaped. */
const SCRIPT = '<img src=x onerror="document.title=\'run\'">';
const BREAKOUT = `"'><script>document.title='run'</script>`;

const SECRETS = {
  'connection-string': 'postgresql://app:secret-of-the-database-1@127.0.0.1:1/shop',
  'archive-password': 'secret-of-the-archive-2',
  'earlier-archive-password': 'secret-of-earlier-3',
  'b2-key-id': 'secret-key-id-4',
  'b2-app-key': 'secret-app-key-5',
  'hc-url-success': 'https://hc.example/secret-uuid-6',
  'hc-url-fail': 'https://hc.example/secret-uuid-7/fail',
};
const HIDDEN = [/secret-[a-z-]+\d/, /environment-secret/];

let browser: Browser;
let account: Account;
let web: Web;
beforeAll(async () => {
  browser = await openBrowser();
  account = newAccount({
    ARCHIVE_PASSWORD: 'environment-secret-8',
    B2_KEY_ID: 'environment-secret-9',
    B2_APP_KEY: 'environment-secret-10',
  });
  const common = { destination: `file:${account.folder.at('backups')}`, 'no-check': true } as const;
  await account.add({ name: SCRIPT, 'archive-name': 'script', ...common, ...SECRETS, 'exclude-table': BREAKOUT });
  await account.add({
    name: BREAKOUT,
    'archive-name': 'breakout',
    ...common,
    'connection-string': 'postgresql://127.0.0.1:1/a',
  });
  // What databases, programs and services said.
  const catalog = openSqlite(account.catalogPath);
  const add = catalog.prepare(
    `insert into backup_log (server_id, server_name, ts, result, success, started_at, finished_at, file_size, format, compression, object_name, warnings)
     values (?, ?, '20261101T000000', ?, ?, ?, ?, 1000, 'sql', 'lzma2:1', ?, ?)`,
  );
  for (const [id, name] of [
    [1, SCRIPT],
    [2, BREAKOUT],
  ] as const) {
    const now = new Date().toISOString();
    add.run(
      id,
      name,
      `${BREAKOUT} ${SCRIPT} of postgresql://app:secret-in-an-error-11@db/x`,
      '0',
      now,
      now,
      `${SCRIPT}.sql.7z`,
      '[]',
    );
    add.run(id, name, 'Success', '1', now, now, `${BREAKOUT}.sql.7z`, JSON.stringify([SCRIPT, BREAKOUT]));
  }
  catalog.close();
  web = await openWeb(account);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await browser.close();
  account[Symbol.dispose]();
});

/** A page that records what the server answers, and whether a script from outside runs. */
async function watched(): Promise<{ page: Page; answers: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const answers: string[] = [];
  page.on('response', (response) => {
    void response.text().then(
      (text) => answers.push(`${response.url()}\n${JSON.stringify(response.headers())}\n${text}`),
      () => {},
    );
  });
  await page.goto(web.address);
  await page.waitForURL(`${web.origin}/`);
  return { page, answers };
}

const PATHS = [
  '/',
  `/?q=${encodeURIComponent(BREAKOUT)}&sort=${encodeURIComponent(SCRIPT)}&state=${encodeURIComponent(SCRIPT)}`,
  '/servers/1',
  '/servers/2',
  '/servers/1/edit',
  '/servers/1/delete',
  '/servers/2/delete',
  '/add',
  '/logs',
  '/logs?failed=1',
  `/logs?server=${encodeURIComponent(BREAKOUT)}&before=${encodeURIComponent(SCRIPT)}`,
  '/logs/1',
  '/logs/2',
  `/logs/${encodeURIComponent(SCRIPT)}`,
  '/doctor',
  `/${encodeURIComponent(BREAKOUT)}`,
];

test('no name, error or pattern from outside becomes a part of a page, and no secret is on any', async () => {
  const { page, answers } = await watched();
  for (const path of PATHS) {
    const response = await page.goto(web.origin + path);
    expect([200, 404]).toContain(response?.status());
    if (/^\/(servers|logs)\/\d|^\/\w*$/.test(path))
      expect({ path, status: response?.status() }).toEqual({ path, status: 200 });
    expect(await page.title()).not.toBe('run');
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(await page.locator('script:not([src="/assets/page.js"])').count()).toBe(0);
  }
  // Forms that come back with what is wrong, jobs and their events.
  await page.goto(`${web.origin}/servers/1/edit`);
  await page.locator('input[name="frequency-hrs"], input[name="frequencyHours"]').first().fill(BREAKOUT);
  await page.getByRole('button', { name: /Store/ }).click();
  await page.waitForLoadState();
  for (const path of ['/servers/1/run', '/servers/1/verify', '/doctor']) {
    await page.goto(path === '/doctor' ? `${web.origin}/doctor` : web.origin);
    await page.locator(`form[action="${path}"] button`).first().click();
    await page.waitForLoadState();
    await page
      .getByText(/^(Done|Failed|Look again)$/)
      .first()
      .waitFor({ timeout: 60_000 });
    expect(await page.title()).not.toBe('run');
    expect(await page.locator('img[src=x]').count()).toBe(0);
  }
  expect(answers.length).toBeGreaterThan(PATHS.length);
  const found = answers.flatMap((answer) => HIDDEN.flatMap((secret) => secret.exec(answer)?.[0] ?? []));
  expect(found).toEqual([]);
});

test('what is typed as a secret does not come back', async () => {
  const { page, answers } = await watched();
  await page.goto(`${web.origin}/add`);
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  const [first] = await page.locator('input[data-reveal]').all();
  await first?.fill('postgresql://app:typed-secret-12@127.0.0.1:1/shop');
  for (const input of (await page.locator('input[data-reveal]').all()).slice(1)) await input.fill('typed-secret-13');
  await page.getByRole('button', { name: 'Try connection' }).click();
  await page.waitForLoadState();
  await page.getByRole('button', { name: 'Add the server' }).click();
  await page.waitForLoadState();
  expect(answers.length).toBeGreaterThan(3);
  expect(answers.filter((answer) => answer.includes('typed-secret'))).toEqual([]);
});
