import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { expectUsable, look } from './accessibility.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let cluster: Cluster;
let browser: Browser;
let account: Account;
let web: Web;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table visit as select generate_series(1, 20000) as id');
  browser = await openBrowser();
  // A fresh install: no catalogue, no server.
  account = newAccount();
  web = await openWeb(account);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  account[Symbol.dispose]();
  await browser.close();
  await cluster[Symbol.asyncDispose]();
});

/** Moves on by Tab until what has the focus is called that. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let n = 0; n < 120; n += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      `(() => { const at = document.activeElement; return at.labels?.[0]?.textContent ?? at.getAttribute('aria-label') ?? at.textContent; })()`,
    );
    if (name.test(focused.trim())) return;
  }
  throw new Error(`no Tab leads to ${name} on ${page.url()}`);
}

test('with the keyboard alone: add a server, run it, see it succeed, find the command that restores it', async () => {
  const page = await look(browser, web);
  await tabTo(page, /^Add/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/add$/);
  await tabTo(page, /^Connection string/);
  await page.keyboard.type(cluster.url('shop'));
  await tabTo(page, /^Destination/);
  await page.keyboard.type(`file:${account.folder.at('backups')}`);
  await tabTo(page, /^Add the server/);
  await page.keyboard.press('Enter');
  // The directory is not there: the page asks, and keeps what was typed.
  await page
    .getByText(/does not exist/)
    .first()
    .waitFor();
  await tabTo(page, /[Cc]reate/);
  await page.keyboard.press('Space');
  await tabTo(page, /^Add the server/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/servers\/1$/);
  await tabTo(page, /^Run now/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/jobs\//);
  await page.getByText('Done', { exact: true }).waitFor();
  await tabTo(page, /^shop: restore points/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/servers\/1$/);
  const command = (await page.locator('.points pre.command').first().textContent()) ?? '';
  expect(command).toMatch(/^pgbak restore shop --at \d+ --to \S+ --create$/);
  // As it stands, but for the password, which no page shows.
  const [, ...words] = command.replace('PASSWORD', encodeURIComponent(cluster.superuser.password)).split(' ');
  const restored = await account.pgbak(...words);
  expect(restored).toMatchObject({ status: 0, stdout: expect.stringContaining('Restored backup') });
  await page.context().close();
});

test('another one fails, and the page says why', async () => {
  const page = await look(browser, web);
  const url = cluster.url('shop').replace(/\/shop\b/, '/nowhere');
  await page.goto(`${web.origin}/add`);
  await page.getByLabel(/^Connection string/).fill(url);
  await page.getByLabel(/^Destination/).fill(`file:${account.folder.at('backups')}`);
  await page.getByRole('button', { name: 'Add the server' }).click();
  await page
    .getByText(/there is no database nowhere/)
    .first()
    .waitFor();
  await page.getByRole('checkbox', { name: /untried/ }).check();
  await page.getByRole('button', { name: 'Add the server' }).click();
  await page.waitForURL(/\/servers\/2$/);
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByText('Failed', { exact: true }).waitFor();
  await page.locator('.log .error', { hasText: 'there is no database nowhere' }).waitFor();
  await page.goto(web.origin);
  await page.getByRole('row', { name: /^nowhere.*there is no database nowhere.*FAILING/s }).waitFor();
  await page.context().close();
});

test('the pages of jobs and of the doctor can be used by everybody, in each look', async () => {
  const page = await look(browser, web);
  await page.locator('form[action="/servers/1/run"] button').click();
  await page.waitForURL(/\/jobs\//);
  await page.getByText('Done', { exact: true }).waitFor();
  const ended = page.url();
  await page.goto(`${web.origin}/doctor`);
  await page.getByRole('button', { name: /^Look/ }).click();
  await page.getByText(/^Looked/).waitFor();
  await expectUsable(page);
  await page.goto(ended);
  await expectUsable(page);
  await page.context().close();
});
