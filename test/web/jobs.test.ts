import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { keepAccount, type KeptAccount } from '../support/kept-account.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { eventually } from '../support/eventually.ts';
import { processesWith } from '../support/processes.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let cluster: Cluster;
let browser: Browser;
let account: Account;
let added: KeptAccount;
let web: Web;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  browser = await openBrowser();
  account = newAccount();
  account.env['PGBAK_PG_BIN'] = slowPgDump(account.folder, 3);
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination, 'min-size': 1 });
  await account.add({ name: 'gone', 'connection-string': cluster.url('gone'), destination, 'no-check': true });
  added = keepAccount(account);
});
afterAll(async () => {
  await browser.close();
  added[Symbol.dispose]();
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(async () => {
  added.bringBack();
  web = await openWeb(account);
});
afterEach(async () => await web[Symbol.asyncDispose]());

const WORST_FIRST = ['problem', 'warning', 'ok'];

async function opened(options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(web.address);
  await page.waitForURL(`${web.origin}/`);
  return page;
}

const start = async (page: Page, path: string) => {
  await page.goto(web.origin);
  await page.locator(`form[action="${path}"] button`).click();
};

describe('a backup', () => {
  test('shows what it does while it runs, and what it did', async () => {
    const page = await opened();
    await start(page, '/servers/1/run');
    await page.waitForURL(/\/jobs\//);
    await page.getByText('running', { exact: true }).waitFor();
    // Without being loaded again.
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await page.locator('[data-progress] li', { hasText: /dumping|%/ }).waitFor();
    await page.locator('.log li', { hasText: 'shop: dumping' }).waitFor();
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    await page.getByText('Done', { exact: true }).waitFor();
    await page.locator('.log li', { hasText: /shop: stored .* as .*shop\./ }).waitFor();
    expect(await account.json('status')).toMatchObject([{ name: 'shop', state: 'OK' }, { name: 'gone' }]);
    expect(await page.getByRole('link', { name: /shop: restore points/ }).getAttribute('href')).toBe('/servers/1');
  });

  test('goes on when the page is closed, and is found again', async () => {
    const first = await opened();
    await start(first, '/servers/1/run');
    await first.waitForURL(/\/jobs\//);
    await first.context().close();
    const second = await opened();
    await second.goto(`${web.origin}/doctor`);
    await second.getByRole('link', { name: 'Backup of shop is under way' }).click();
    await second.getByText('Done', { exact: true }).waitFor();
    await second.locator('.log li', { hasText: 'shop: backup begins' }).waitFor();
  });

  test('that fails says why, and what to do', async () => {
    const page = await opened();
    await start(page, '/servers/2/run');
    await page.getByText('Failed', { exact: true }).waitFor();
    await page.locator('.log li.error', { hasText: /there is no database gone/ }).waitFor();
    const problem = page.locator('.problem');
    expect(await problem.locator('.lines').textContent()).toMatch(/there is no database gone/);
    expect((await problem.locator('.hint').first().textContent())?.trim()).not.toBe('');
    expect(await page.getByRole('link', { name: 'Edit the settings' }).getAttribute('href')).toBe('/servers/2/edit');
    expect(await page.locator('nav [aria-current="true"]').textContent()).toBe('Overview');
    const first = page.url();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => /\/jobs\//.test(url.pathname) && url.href !== first);
    await page.getByText('Failed', { exact: true }).waitFor();
  });

  test('is refused while another process backs up, and the page says which', async () => {
    const { pid, child, finished } = account.start(['run', '--force', 'shop']);
    const program = `${account.folder.at('slow programs')}/pg_dump`;
    await eventually('the dump', () => processesWith(program).length > 0);
    const page = await opened();
    await start(page, '/servers/1/run');
    await page.getByText(`process ${pid} ("pgbak run`).waitFor();
    child.kill();
    await finished;
  });

  test.each(['/servers/2/run', '/servers/2/verify', '/run'])(
    'leads to the job that the pages are busy with instead of starting another by %s',
    async (path) => {
      const page = await opened();
      await start(page, '/servers/1/run');
      await page.waitForURL(/\/jobs\//);
      const running = page.url();
      await start(page, path);
      await page.waitForURL(running);
      await page.getByText('Nothing was started: these pages do one thing at a time').waitFor();
      await page.getByText('running', { exact: true }).waitFor();
    },
  );

  test('is not started by its address', async () => {
    const answers = await Promise.all(['/run', '/servers/1/run', '/servers/2/verify'].map((path) => web.ask(path)));
    expect(answers.map(({ status, headers }) => [status, headers['location']])).toEqual([
      [303, '/'],
      [303, '/servers/1'],
      [303, '/servers/2'],
    ]);
    expect(await account.json('logs')).toEqual([]);
  });

  test('that is stopped on its page ends in order, and is recorded', async () => {
    const page = await opened();
    await start(page, '/servers/1/run');
    await page.getByRole('button', { name: 'Stop it' }).click();
    await page.getByText('Stopped', { exact: true }).waitFor();
    await page.getByText('It was stopped. What it had begun was ended in order').waitFor();
    expect(await page.locator('.problem').count()).toBe(0);
    expect(await account.json('logs')).toMatchObject([
      { success: false, error: expect.stringContaining('interrupted') },
    ]);
  });

  test('is ended in order by Ctrl-C in the terminal', async () => {
    const page = await opened();
    await start(page, '/servers/1/run');
    await page.locator('.log li', { hasText: 'shop: dumping' }).waitFor();
    const { status, stderr } = await web.end('SIGINT');
    expect(status).toBe(130);
    expect(stderr).toContain('interrupted by SIGINT');
    await page.getByText('pgbak web has ended', { exact: true }).waitFor();
    await page.getByText('Start it again: pgbak web').waitFor();
    expect(await page.getByRole('button', { name: 'Stop it' }).isDisabled()).toBe(true);
    expect(await account.json('logs')).toMatchObject([
      { success: false, error: expect.stringContaining('interrupted') },
    ]);
  });

  test('can be followed without a script', async () => {
    const page = await opened({ javaScriptEnabled: false });
    await start(page, '/servers/1/run');
    await page.getByText('running', { exact: true }).waitFor();
    await page.getByText('Done', { exact: true }).waitFor();
  });
});

test('a verification shows its steps and its verdict', async () => {
  expect((await account.pgbak('run', '--force', 'shop')).status).toBe(0);
  const page = await opened();
  await start(page, '/servers/1/verify');
  await page.getByText('Done', { exact: true }).waitFor();
  await page.locator('.log li', { hasText: /shop: backup \d+ is good/ }).waitFor();
});

test('a restore can be tried from the page of a server, and counts more than a later reading', async () => {
  // The folder of the slow pg_dump has not all that a throwaway server needs.
  delete account.env['PGBAK_PG_BIN'];
  expect((await account.pgbak('run', '--force', 'shop')).status).toBe(0);
  await using other = await openWeb(account);
  const page = await (await browser.newContext()).newPage();
  await page.goto(other.address);
  await page.waitForURL(`${other.origin}/`);
  for (const button of ['Try a restore', 'Verify']) {
    await page.goto(`${other.origin}/servers/1`);
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByText('Done', { exact: true }).waitFor();
  }
  await page.goto(`${other.origin}/servers/1`);
  expect(await page.locator('.points td[data-label="Verified"]').textContent()).toMatch(/^restored /);
  await page.getByRole('link', { name: /^backup \d+$/ }).click();
  await page.getByRole('heading', { name: 'Restore it' }).waitFor();
  expect(await page.locator('dl').textContent()).toMatch(/verified\s+restored /);
  expect(await page.locator('dl').textContent()).not.toContain('object id');
  expect(await page.locator('pre.command').allTextContents()).toEqual([
    expect.stringMatching(/^pgbak restore shop --at \d+ --to /),
    expect.stringMatching(/^pgbak restore shop --at \d+ --output /),
  ]);
});

test('the doctor shows what it found, and keeps it', async () => {
  const page = await opened();
  await page.goto(`${web.origin}/doctor`);
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByRole('button', { name: 'Look again' }).waitFor();
  await page.getByRole('heading', { name: 'This machine', exact: true }).waitFor();
  await page.getByText(/^\d+ problems?(, \d+ warnings?)?$/).waitFor();
  const badges = await page.locator('section').first().locator('.badge').allTextContents();
  expect(badges).toEqual(badges.toSorted((a, b) => WORST_FIRST.indexOf(a) - WORST_FIRST.indexOf(b)));
  expect(badges[0]).toBe('problem');
  await page
    .getByText(/there is no database gone/)
    .first()
    .waitFor();
});
