import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { newAccount, type Account } from '../support/pgbak.ts';
import { expectUsable, look, violationsOf } from './accessibility.ts';
import { fillSamples, PASSWORD } from './sample-catalog.ts';
import { SAMPLES } from './samples.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let account: Account;
let web: Web;
let browser: Browser;
beforeAll(async () => {
  account = newAccount();
  await fillSamples(account);
  web = await openWeb(account);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await web[Symbol.asyncDispose]();
  account[Symbol.dispose]();
});

const names = async (page: Page) => await page.locator('tbody th a').allTextContents();

describe('the overview', () => {
  test('can be used by everybody', async () => {
    const page = await look(browser, web);
    await expectUsable(page);
    await page.context().close();
  });

  test('shows each server with its state and why, the worst first', async () => {
    const page = await look(browser, web);
    expect((await names(page)).slice(0, 5)).toEqual(['billing', 'geo', 'wiki', 'new-project', 'crm']);
    expect(await page.locator('.choices a').allTextContents()).toEqual(
      expect.arrayContaining(['All 12', '7 OK', '1 WARNING', '1 LATE', '2 FAILING', '1 NEVER']),
    );
    const billing = page.getByRole('row', { name: /^billing/ });
    await expect(billing.textContent()).resolves.toMatch(
      /billing on db3\.example.*Connection refused.*FAILING.*2 days ago.*47\.\d MB.*now.*1\/1.*3 days ago/s,
    );
    expect(await billing.getByRole('img').getAttribute('aria-label')).toMatch(/^last 20, .* MB to .* MB, 2 failed$/);
    expect(await billing.locator('time').first().getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d /);
    expect(await page.content()).not.toContain(PASSWORD);
    await page.context().close();
  });

  test('warns for as long as nothing starts pgbak by itself', async () => {
    const page = await look(browser, web);
    const warning = page.locator('.banner.warning', { hasText: 'Nothing starts pgbak by itself yet' });
    for (const path of ['/', '/', '/servers/1']) {
      await page.goto(`${web.origin}${path}`);
      expect(await warning.locator('pre.command').textContent()).toBe('pgbak schedule --install cron');
    }
    await page.context().close();
    const units = account.folder.at('home', '.config', 'systemd', 'user');
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, 'pgbak.service'), '[Service]\nExecStart=/usr/bin/pgbak run\n');
    await using scheduled = await openWeb(account);
    expect((await scheduled.ask('/')).body).not.toContain('Nothing starts pgbak');
    rmSync(units, { recursive: true });
  });

  test('shows a name of HTML as a name', async () => {
    const page = await look(browser, web);
    await page.getByRole('link', { name: '<script>alert(1)</script>' }).waitFor();
    await page.context().close();
  });

  test('is sorted and filtered by links and a form, and keeps both', async () => {
    const page = await look(browser, web);
    await page.getByRole('link', { name: 'Size' }).click();
    expect((await names(page))[0]).toMatch(/^an-unusually-long/);
    expect(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('link', { name: 'Size' }).click();
    expect((await names(page))[0]).toBe('new-project');
    await page.getByRole('link', { name: /OK/ }).click();
    expect(await names(page)).toHaveLength(7);
    await page.getByRole('searchbox').fill('DB1.example');
    await page.getByRole('button', { name: 'Find' }).click();
    expect(await names(page)).toEqual(['sessions', 'shop']);
    await page.getByRole('searchbox').fill('none of them');
    await page.keyboard.press('Enter');
    await page.getByText('No server fits').waitFor();
    await page.getByRole('link', { name: `Show all ${SAMPLES.length}` }).click();
    expect(await names(page)).toHaveLength(SAMPLES.length);
    await page.context().close();
  });

  test('welcomes who has no server yet', async () => {
    using other = newAccount();
    await using empty = await openWeb(other);
    const page = await look(browser, empty);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByText('No servers yet').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Add a server' }).click();
    expect(new URL(page.url()).pathname).toBe('/add');
    await page.context().close();
  });
});
