import { existsSync } from 'node:fs';
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

/** What the command line says of a value, by flag: the same each time. */
const saidByCommand = new Map<string, string>();

const UNREACHABLE = 'postgresql://app:un5een@127.0.0.1:1/shop';

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('the form of a new server, %s', (_title, javaScriptEnabled) => {
  test('tells what is wrong beside each field, as the command line does', async () => {
    const wrong = {
      'connection-string': 'mysql://app:un5een@db.example/shop',
      name: '7',
      destination: 'file:backups',
      'frequency-hrs': 'daily',
      'archive-name': '../x',
      compression: 'zip:3',
      'hc-url': 'hc-ping.com/uuid-1',
      'hc-url-verify': 'ftp://hc-ping.com/uuid-2',
      'min-size': 'small',
      'size-tolerance': '-1',
      'lock-wait-sec': '0',
      'keep-daily': 'many',
      'keep-within': 'soon',
    };
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    await visit.enter(wrong);
    await visit.press('Add the server');
    expect(new Set(await visit.wrong())).toEqual(new Set(Object.keys(wrong)));
    const focused = visit.page.locator('section:focus');
    expect(await focused.textContent()).toContain(
      `Nothing was stored: ${Object.keys(wrong).length} things need a look`,
    );
    for (const [flag, value] of Object.entries(wrong)) {
      const others = flag === 'connection-string' ? {} : { 'connection-string': UNREACHABLE };
      const stderr = saidByCommand.get(flag) ?? (await account.add({ name: 'shop', ...others, [flag]: value })).stderr;
      saidByCommand.set(flag, stderr);
      expect({ flag, message: await visit.message(flag) }).toEqual({
        flag,
        message: stderr.replace(/^pgbak: /, '').split('\n')[0],
      });
      expect(await focused.locator(`a[href="#f-${flag}"]`).count()).toBe(1);
      const field = visit.page.locator(`[id="f-${flag}"]`);
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await field.getAttribute('aria-describedby')).toContain(`f-${flag}-error`);
      expect(await field.isVisible()).toBe(true);
    }
    // What holds no secret stays as it was typed.
    expect(await visit.page.inputValue('#f-keep-within')).toBe('soon');
    expect(await account.json('list')).toEqual([]);
    if (javaScriptEnabled) expect(await visit.violations()).toEqual([]);
    expect(await visit.received()).not.toMatch(/un5een|uuid-[12]/);
  });

  test('finds what only the whole form tells', async () => {
    const destination = `file:${account.folder.at('backups')}`;
    await account.add({ name: 'shop', 'connection-string': UNREACHABLE, destination, 'no-check': true });
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    await visit.press('Add the server');
    expect(await visit.message('connection-string')).toBe('the connection string is missing: --connection-string');
    await visit.enter({ 'connection-string': UNREACHABLE, destination, 'archive-password': 'env:NO_SUCH' });
    await visit.press('Add the server');
    expect(await visit.message('name')).toBe('there is a server named "shop" already, with id 1');
    expect(await visit.message('archive-password')).toBe(
      'the archive password refers to the environment variable NO_SUCH, which is not set',
    );
    expect(await visit.page.locator('#f-archive-password-state').textContent()).toMatch(
      /Not accepted\s+env:NO_SUCH\s+Type it again/,
    );
    await visit.enter({ name: 'other', 'archive-name': 'shop' });
    await visit.press('Add the server');
    expect(await visit.wrong()).toEqual(['archive-password', 'archive-name']);
    expect(await visit.message('archive-name')).toBe(
      `server "shop" stores its archives in ${destination} as "shop" already`,
    );
  });

  test('tries connection and storage, keeps what was typed, and adds the server', async () => {
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    const directory = account.folder.at('not', 'there');
    await visit.enter({
      'connection-string': UNREACHABLE,
      destination: `file:${directory}`,
      'archive-password': 'p4ssw0rd',
    });
    await visit.press('Try connection');
    expect(await visit.wrong()).toEqual(['connection-string']);
    expect(await visit.message('connection-string')).toMatch(/127\.0\.0\.1:1/);
    expect(await visit.page.locator('.error:focus').count()).toBe(1);
    expect(await visit.page.inputValue('#f-connection-string')).toBe('');
    expect(await visit.page.locator('#f-connection-string-state').textContent()).toMatch(
      /Not accepted\s+shop on 127.0.0.1:1\s+Type it again/,
    );

    await visit.enter({ 'connection-string': cluster.url('shop') });
    await visit.press('Try connection');
    expect(await visit.wrong()).toEqual([]);
    expect(await visit.page.locator('[role=status]:focus').textContent()).toMatch(/^\s*Connected: database shop, /);

    expect(await visit.page.locator('#f-connection-string-state').textContent()).toMatch(
      /Connected\s+shop on .*\s+It is stored with the form/,
    );

    await visit.press('Try storage');
    expect(await visit.message('destination')).toBe(`the directory ${directory} does not exist`);
    await visit.press('Add the server');
    expect(await visit.wrong()).toEqual(['destination']);
    expect(await account.json('list')).toEqual([]);
    await visit.page.getByLabel('Create the directory').check();
    await visit.press('Try storage');
    expect(await visit.page.locator('[role=status]:focus').textContent()).toContain(
      `archives can go to ${directory}/shop.`,
    );
    expect(existsSync(directory)).toBe(true);
    if (javaScriptEnabled) expect(await visit.violations()).toEqual([]);

    await visit.press('Add the server');
    await visit.page.waitForURL(`${web.origin}/servers/1`);
    const notice = await visit.page.locator('.notice').textContent();
    expect(notice).toContain('Added server 1: shop');
    expect(notice).toContain('Warning: no health check is set');
    expect(notice).not.toContain('NOT encrypted');
    await visit.page.reload();
    expect(await visit.page.locator('.notice').count()).toBe(0);
    expect(await account.json('list')).toMatchObject([{ id: 1, name: 'shop', encryption: 'record' }]);
    expect(await visit.received()).not.toMatch(/un5een|p4ssw0rd|the superuser|the%20superuser/);
  });

  test('asks for the database where the connection string names none', async () => {
    await using visit = await visitor(browser, web, { javaScriptEnabled });
    await visit.go('/add');
    const destination = `file:${account.folder.path}`;
    const none = cluster.url('shop').replace(/\/shop$/, '');
    await visit.enter({ 'connection-string': none, destination });
    await visit.press('Add the server');
    expect(await visit.wrong()).toEqual(['connection-string']);
    expect(await visit.message('connection-string')).toBe('the connection string names no database. Which one?');
    await visit.page.getByLabel('shop', { exact: false }).and(visit.page.locator('[type=radio]')).check();
    if (javaScriptEnabled) expect(await visit.violations()).toEqual([]);
    await visit.press('Try connection');
    expect(await visit.page.locator('[role=status]:focus').textContent()).toMatch(/Connected: database shop/);
    await visit.page.locator('#f-name').press('Enter');
    await visit.page.locator('.notice').waitFor();
    expect(await account.json('list')).toMatchObject([{ name: 'shop' }]);
  });
});

test('a form that is sent twice is stored once', async () => {
  const body = new URLSearchParams({
    draft: 'A'.repeat(22),
    'connection-string': UNREACHABLE,
    destination: `file:${account.folder.at('backups')}`,
    'store-untried': 'on',
  }).toString();
  const answers = await Promise.all([1, 2, 3].map(() => web.ask('/add', { method: 'POST', body })));
  expect(answers.map(({ status, headers }) => [status, headers['location']])).toEqual(
    answers.map(() => [303, '/servers/1']),
  );
  expect(await account.json('list')).toHaveLength(1);
});

test('a secret whose draft was forgotten has to be typed again, and is not left out', async () => {
  const body = new URLSearchParams([
    ['draft', 'B'.repeat(22)],
    ['typed', 'archive-password'],
    ['archive-password', ''],
    ['connection-string', UNREACHABLE],
    ['store-untried', 'on'],
  ]).toString();
  const { status, headers } = await web.ask('/add', { method: 'POST', body });
  expect([status, headers['location']]).toEqual([303, `/add?draft=${'B'.repeat(22)}`]);
  const { body: answer } = await web.ask(String(headers['location']));
  expect(answer).toContain('what was typed here was forgotten, as it is after 30 minutes');
  expect(await account.json('list')).toEqual([]);
});

test('a password is shown while it is typed, and hidden again', async () => {
  await using visit = await visitor(browser, web);
  await visit.go('/add');
  const field = visit.page.locator('#f-archive-password');
  await visit.enter({ 'archive-password': 'sesame' });
  expect(await field.getAttribute('type')).toBe('password');
  const button = visit.page.locator('[aria-controls="f-archive-password"]');
  await button.press('Enter');
  expect(await field.getAttribute('type')).toBe('text');
  await button.press('Enter');
  expect(await field.getAttribute('type')).toBe('password');
});
