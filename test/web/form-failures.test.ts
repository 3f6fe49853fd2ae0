import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { visitor } from './form-scene.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let cluster: Cluster;
let browser: Browser;
let account: Account;
let web: Web;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(async () => {
  account = newAccount();
  web = await openWeb(account);
});
afterEach(async () => {
  await web[Symbol.asyncDispose]();
  account[Symbol.dispose]();
});

const B2_MISSING = /^B2 settings are missing: key id .*, application key .*, bucket /;

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a form that fails, %s', (_title, javaScriptEnabled) => {
  test('because B2 is not set up refuses beside the field, as the command line does, unless it is stored untried', async () => {
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    await visit.enter({ 'connection-string': cluster.url('shop') });
    await visit.press('Try storage');
    expect(await visit.message('destination')).toMatch(B2_MISSING);
    await visit.press('Add the server');
    expect(await visit.message('destination')).toMatch(B2_MISSING);
    expect(await visit.page.locator('#f-destination-error .hint').textContent()).toMatch(
      /Or, where only cron or systemd has them: check "Store it untried"$/,
    );
    const { status, stderr } = await account.add({ 'connection-string': cluster.url('shop') });
    expect(status).toBe(2);
    expect(stderr.split('\n')[0]).toBe(`pgbak: ${await visit.message('destination')}`);
    expect(stderr).toMatch(/has them: --no-check\n$/);
    expect(await account.json('list')).toEqual([]);
    await visit.page.getByLabel('Store it untried').check();
    await visit.press('Add the server');
    expect(visit.page.url()).toBe(`${web.origin}/servers/1`);
    expect(await account.json('list')).toHaveLength(1);
    expect(await visit.page.locator('.notice .banner.ok').count()).toBe(0);
    await visit.page.getByText('Stored untried: whether a backup can be made, the first one shows.').waitFor();
    await visit.go('/servers/1?look=1');
    await visit.page.getByText(/cannot ask for archives of shop: B2 settings are missing/).waitFor();
  });

  test('because the directory is a file stays a form, with all that was typed', async () => {
    const file = account.folder.at('a file');
    writeFileSync(file, '');
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    await visit.enter({ 'connection-string': cluster.url('shop'), name: 'typed', destination: `file:${file}` });
    for (const button of ['Try storage', 'Add the server']) {
      await visit.press(button);
      expect(await visit.message('destination')).toContain(file);
      expect(await visit.page.inputValue('#f-name')).toBe('typed');
      expect(await visit.page.getByLabel('Create the directory').count()).toBe(0);
    }
  });

  test('can be loaded again and gone back to, and then shows the same', async () => {
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    await visit.enter({ 'connection-string': 'postgresql://app:un5een@127.0.0.1:1/shop', name: 'typed' });
    await visit.press('Try connection');
    const message = await visit.message('connection-string');
    expect(message).toMatch(/127\.0\.0\.1:1/);
    await visit.page.reload();
    expect(await visit.message('connection-string')).toBe(message);
    expect(await visit.page.inputValue('#f-name')).toBe('typed');
    await visit.go('/logs');
    await visit.page.goBack();
    expect(await visit.message('connection-string')).toBe(message);
    await visit.enter({ 'connection-string': cluster.url('shop') });
    await visit.press('Try connection');
    expect(await visit.page.locator('[role=status]:focus').textContent()).toMatch(/Connected: database shop/);
    expect(visit.page.url()).not.toContain('un5een');
    expect(await visit.received()).not.toContain('un5een');
  });
});

test.each([
  [{ name: 'typed' }, 'typed.'],
  [{ name: 'typed', 'archive-name': 'as/typed' }, 'as/typed.'],
  [{ 'connection-string': 'postgresql://app@127.0.0.1:1/of_database' }, 'of_database.'],
])('storage is tried under the name that was typed: %j', async (values, expected) => {
  await using visit = await visitor(browser, web);
  await visit.go('/add');
  await visit.enter({ ...values, destination: `file:${account.folder.path}` });
  await visit.press('Try storage');
  await visit.page.getByText(`archives can go to ${account.folder.path}/${expected}`).waitFor();
});

test('a form that was forgotten says so', async () => {
  const { status, body } = await web.ask(`/add?draft=${'C'.repeat(22)}`);
  expect(status).toBe(200);
  expect(body).toContain('What was typed here was forgotten, as it is after 30 minutes.');
});
