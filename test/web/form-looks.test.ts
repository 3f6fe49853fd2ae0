import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { newAccount, type Account } from '../support/pgbak.ts';
import { expectUsable, look } from './accessibility.ts';
import { fillSamples } from './sample-catalog.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let account: Account;
let web: Web;
let browser: Browser;
beforeAll(async () => {
  account = newAccount({ npm_command: 'exec' });
  await fillSamples(account);
  web = await openWeb(account);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await web[Symbol.asyncDispose]();
  account[Symbol.dispose]();
});

test('the forms can be used by everybody', async () => {
  const page = await look(browser, web);
  for (const path of ['/add', '/servers/1/edit', '/servers/1/delete', '/servers/1/delete?typed=other', '/nothing']) {
    await page.goto(`${web.origin}${path}`);
    await page.locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
    await expectUsable(page);
  }
  await page.goto(`${web.origin}/add`);
  await page.locator('#f-connection-string').fill('nonsense');
  await page.getByRole('button', { name: 'Add the server' }).click();
  await page.locator('section:focus').waitFor();
  await expectUsable(page);
  await page.context().close();
});

test('each example stands alone, and none is told twice', async () => {
  const page = await look(browser, web);
  await page.goto(`${web.origin}/add`);
  const hint = async (flag: string) => (await page.locator(`[id="f-${flag}-hint"]`).textContent())?.trim();
  const codes = async (flag: string) => await page.locator(`[id="f-${flag}-hint"] code`).allTextContents();
  expect(await codes('destination')).toEqual(expect.arrayContaining(['b2', 'file:/srv/backups']));
  expect(await codes('exclude-table')).toEqual(['public.audit_*', 'tmp_*']);
  expect(await hint('exclude-table')).toContain('One per line.');
  expect(await codes('keep-daily')).toEqual(['7', '0']);
  expect(await hint('keep-daily')).toMatch(/For example: 7; 0 for no such rule$/);
  expect(await hint('frequency-hrs')).toBe('Hours between backups, such as 6, 6h, 1d or 1w; default 24.');
  expect(await hint('lock-wait-sec')).toMatch(/default 600\.$/);
  await page.context().close();
});

test('commands begin with npx where the page was started by it', async () => {
  const page = await look(browser, web);
  await page.goto(`${web.origin}/servers/1`);
  for (const command of await page.locator('pre.command').allTextContents()) expect(command).toMatch(/^npx pgbak /);
  expect(await page.locator('.points pre.command mark').first().textContent()).toBe('PASSWORD');
  await page.context().close();
});
