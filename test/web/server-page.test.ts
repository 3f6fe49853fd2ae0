import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { newAccount, type Account } from '../support/pgbak.ts';
import { expectUsable, look } from './accessibility.ts';
import { fillSamples, PASSWORD } from './sample-catalog.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let account: Account;
let web: Web;
let browser: Browser;
beforeAll(async () => {
  account = newAccount({ B2_BUCKET: 'bucket-of-the-environment' });
  await fillSamples(account);
  web = await openWeb(account);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await web[Symbol.asyncDispose]();
  account[Symbol.dispose]();
});

test('servers and logs can be used by everybody', async () => {
  const page = await look(browser, web);
  for (const path of ['/servers/1', '/servers/3', '/servers/6', '/servers/9', '/logs', '/logs?failed=1', '/logs/200']) {
    await page.goto(`${web.origin}${path}`);
    await page.locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
    await expectUsable(page);
    expect(await page.content()).not.toContain(PASSWORD);
  }
  await page.context().close();
});

describe('the page of a server', () => {
  test('tells its state, the newest restore point with its commands, and each setting with where it comes from', async () => {
    const page = await look(browser, web);
    await page.getByRole('link', { name: 'shop', exact: true }).click();
    await page.getByText('Last good backup 2 hours ago, next due in').waitFor();
    const commands = await page.locator('.points tr').nth(1).locator('pre').allTextContents();
    expect(commands).toEqual([
      expect.stringMatching(
        /^pgbak restore shop --at \d+ --to \S*app:PASSWORD@db1\.example\/shop_restored\S* --create$/,
      ),
      expect.stringMatching(/^pgbak restore shop --at \d+ --output shop-\d+\.sql$/),
    ]);
    const settings = page.getByText('Each setting, and where it comes from');
    await settings.click();
    const row = (name: string) => page.getByRole('row', { name });
    await row('archive password env:ARCHIVE_SECRET this server').waitFor();
    await row('B2 bucket bucket-of-the-environment B2_BUCKET').waitFor();
    await row('compression lzma2:1 default').waitFor();
    await row('connection string set this server').waitFor();
    await page.getByRole('img', { name: 'Sizes of the last 100 backups' }).waitFor();
    expect(await page.locator('.plot.wide desc').textContent()).toMatch(/^from .* MB to .* MB; 2 failed$/);
    await page.context().close();
  });

  test('asks storage only when a person wants that', async () => {
    const page = await look(browser, web);
    await page.goto(`${web.origin}/servers/1`);
    expect(new Set(await page.locator('.points td[data-label="In storage"]').allTextContents())).toEqual(
      new Set(['not asked']),
    );
    await page.getByRole('button', { name: 'Look in storage now' }).click();
    await page.locator('.points .badge', { hasText: 'present' }).first().waitFor();
    expect(new Set(await page.locator('.points .badge').allTextContents())).toEqual(new Set(['present']));
    await page.context().close();
  });

  test('of no server is not there', async () => {
    for (const path of ['/servers/99', '/servers/x', '/logs/9999', '/logs?server=99']) {
      expect((await web.ask(path)).status).toBe(404);
    }
  });
});

describe('the logs', () => {
  test('lead through all attempts, and to each in full', async () => {
    const page = await look(browser, web);
    await page.goto(`${web.origin}/logs`);
    const ids = async () => await page.locator('tbody th').allTextContents();
    const newest = await ids();
    expect(newest).toHaveLength(50);
    await page.getByRole('link', { name: 'Older' }).click();
    expect(Number((await ids())[0])).toBe(Number(newest.at(-1)) - 1);
    await page.getByRole('link', { name: 'Failed' }).click();
    await page
      .getByRole('row', { name: /billing/ })
      .first()
      .getByRole('rowheader')
      .getByRole('link')
      .click();
    await page.getByText('Start PostgreSQL on db3.example').waitFor();
    await page.getByText(/^Backup \d+ of billing$/).waitFor();
    await page.context().close();
  });
});
