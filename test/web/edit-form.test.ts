import { mkdirSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { keepAccount, type KeptAccount } from '../support/kept-account.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { visitor, type Visitor } from './form-scene.ts';
import { openBrowser, openWeb, type Web } from './support.ts';

let cluster: Cluster;
let browser: Browser;
let account: Account;
let web: Web;
const kept: KeptAccount[] = [];
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  browser = await openBrowser();
  account = newAccount({ SHOP_CHECK: 'https://hc.example/uuid-0' });
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'archive-password': 'f1rst-password',
    'b2-app-key': 'k3y-of-b2',
    'hc-url': 'env:SHOP_CHECK',
    'exclude-table': 'tmp_*',
    'min-size': 1,
  });
  kept.push(keepAccount(account));
});
afterAll(async () => {
  await browser.close();
  for (const one of kept) one[Symbol.dispose]();
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(() => kept[0]?.bringBack());
afterEach(async () => await web[Symbol.asyncDispose]());

/** Backs the server up, the first time; later the account is what it was then. */
async function backUp(): Promise<void> {
  const [, backedUp] = kept;
  if (backedUp !== undefined) {
    backedUp.bringBack();
    return;
  }
  expect(await account.results()).toMatchObject([{ status: 'success' }]);
  kept.push(keepAccount(account));
}

/** Somebody who visits the pages of the account as it is. */
async function opened(options: { javaScriptEnabled?: boolean } = {}): Promise<Visitor> {
  web = await openWeb(account);
  return await visitor(browser, web, options);
}

const SECRETS = /f1rst-password|s3cond|k3y-of-b2|uuid-\d|the superuser|the%20superuser|un5een/;

/** Stores the form, and returns what the page of the server then tells once. */
async function stored(visit: Visitor): Promise<string> {
  await visit.press('Store the changes');
  expect(await visit.wrong()).toEqual([]);
  await visit.page.waitForURL(`${web.origin}/servers/1`);
  return (await visit.page.locator('.notice').textContent())?.replaceAll(/\s+/g, ' ') ?? '';
}

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('the form of the settings, %s', (_title, javaScriptEnabled) => {
  test('changes a field of each kind, and tells what changed', async () => {
    await using visit = await opened({ javaScriptEnabled });
    await visit.go('/servers/1/edit');
    expect(await visit.page.inputValue('#f-exclude-table')).toBe('tmp_*');
    // What is set can be seen at once.
    expect(await visit.page.locator('#f-hc-url-start-state').textContent()).toMatch(/Set\s+env:SHOP_CHECK#\/start/);
    expect(await visit.page.locator('#f-connection-string-state').textContent()).toMatch(/Set\s+shop on 127.0.0.1/);
    expect(await visit.page.locator('#f-large-objects').isChecked()).toBe(true);
    if (javaScriptEnabled) expect(await visit.violations()).toEqual([]);
    await visit.enter({
      'frequency-hrs': '6h',
      'exclude-table': 'tmp_*\npublic.audit',
      'keep-daily': '7',
      name: 'shop 2',
    });
    await visit.page.locator('#f-format').selectOption('binary');
    await visit.page.locator('#f-large-objects').uncheck();
    const told = await stored(visit);
    expect(told).toContain('shop 2: name shop -> shop 2');
    expect(told).toContain('frequency 24 h -> 6 h');
    expect(told).toContain('tables left out: public.audit added');
    expect(told).toContain('format sql -> binary');
    expect(told).toContain('large objects yes -> no');
    expect(told).toContain('daily backups to keep none -> 7');
    expect(told).toContain('Its archives keep their name in storage: shop');
    expect(told).toContain('Its retention rules remove nothing by themselves. To apply them after each backup: ');
    expect(await visit.page.locator('.notice pre.command').allTextContents()).toEqual([
      "pgbak edit 'shop 2' --auto-prune",
      "pgbak prune 'shop 2'",
    ]);
    await visit.go('/servers/1/edit');
    await visit.enter({ 'frequency-hrs': '', 'exclude-table': '', 'keep-daily': '' });
    const undone = await stored(visit);
    expect(undone).toContain('frequency 6 h -> 24 h (the default)');
    expect(undone).toContain('daily backups to keep 7 -> none');
    expect(undone).toContain('tmp_* removed');
    await visit.go('/servers/1/edit');
    expect(await stored(visit)).toContain('shop 2: nothing was changed');
    expect(await visit.received()).not.toMatch(SECRETS);
  });

  test('keeps secrets that are left empty, removes one, and changes another', async () => {
    await using visit = await opened({ javaScriptEnabled });
    await visit.go('/servers/1/edit');
    await visit.page.locator('[name="remove.b2-app-key"]').check();
    await visit.page.locator('[name="remove.hc-url"]').check();
    await visit.enter({ 'hc-url-verify': 'https://hc.example/uuid-4' });
    const told = await stored(visit);
    expect(told).toContain('B2 application key removed');
    expect(told).toContain('ping URL for success removed');
    expect(told).toContain('ping URL for verifications set');
    expect(told).not.toContain('archive password');
    expect(await account.json('list')).toMatchObject([{ encryption: 'record' }]);
    expect(await visit.received()).not.toMatch(SECRETS);
  });

  test.each([
    ['keeps', true],
    ['forgets', false],
  ])('%s the earlier password as the box says', async (_verb, isKept) => {
    await backUp();
    await using visit = await opened({ javaScriptEnabled });
    await visit.go('/servers/1/edit');
    await visit.enter({ 'archive-password': 's3cond-password', 'frequency-hrs': 'daily' });
    const box = visit.page.locator('[name="keep-present-password"]');
    expect(await box.isChecked()).toBe(true);
    await box.setChecked(isKept);
    // What was typed and chosen outlives a mistake elsewhere.
    await visit.press('Store the changes');
    expect(await visit.wrong()).toEqual(['frequency-hrs']);
    expect(await box.isChecked()).toBe(isKept);
    await visit.enter({ 'frequency-hrs': '24' });
    const told = await stored(visit);
    expect(told).toContain('archive password changed. New backups are encrypted with it');
    expect(told).toContain(isKept ? 'earlier archive passwords: 0 -> 1' : 'To keep it for the stored backup: ');
    expect(await visit.received()).not.toMatch(SECRETS);
    expect((await account.pgbak('verify', '--level', 'archive')).status).toBe(isKept ? 0 : 1);
  });
});

test('tries what a change concerns, and stores nothing where that fails', async () => {
  await using visit = await opened();
  await visit.go('/servers/1/edit');
  const directory = account.folder.at('elsewhere');
  await visit.enter({
    'connection-string': 'postgresql://app:un5een@127.0.0.1:1/shop',
    destination: `file:${directory}`,
  });
  await visit.press('Store the changes');
  expect(await visit.wrong()).toEqual(['connection-string', 'destination']);
  expect(await account.json('list')).toMatchObject([{ destination: `file:${account.folder.at('backups')}` }]);
  mkdirSync(directory);
  await visit.page.getByLabel('Store it untried').check();
  expect(await stored(visit)).toMatch(/database shop on \S+ -> shop on /);
  expect(await visit.received()).not.toMatch(SECRETS);
});

test('what was changed elsewhere meanwhile is not undone unseen', async () => {
  await using visit = await opened();
  await visit.go('/servers/1/edit');
  await account.pgbak('edit', 'shop', '--keep-last', '3');
  await visit.enter({ 'frequency-hrs': '12' });
  await visit.press('Store the changes');
  expect(await visit.page.locator('section:focus').textContent()).toContain(
    'the settings of shop were changed elsewhere since this page was opened',
  );
  await visit.enter({ 'keep-last': '3' });
  expect(await stored(visit)).toBe(' shop: frequency 24 h -> 12 h ');
});

test('what cannot be read is told at once, and has to be given anew', async () => {
  const database = new Database(account.catalogPath);
  database.exec("update servers set frequency_hrs = 'often', format = 'tar', keep_daily = 'all'");
  database.close();
  await using visit = await opened();
  await visit.go('/servers/1/edit');
  const unreadable = ['frequency-hrs', 'format', 'keep-daily'];
  expect(await visit.wrong()).toEqual(unreadable);
  expect(await visit.page.inputValue('#f-frequency-hrs')).toBe('');
  await visit.press('Store the changes');
  expect(await visit.wrong()).toEqual(unreadable);
  expect(await visit.message('format')).toContain('its record in the catalogue cannot be read: format ');
  await visit.enter({ 'frequency-hrs': '12', 'keep-daily': '0' });
  await visit.page.locator('#f-format').selectOption('binary');
  await stored(visit);
  expect(await account.json('list')).toMatchObject([{ frequencyHrs: 12, format: 'binary', error: null }]);
});

describe('deleting a server', () => {
  test.each([
    ['with JavaScript', true],
    ['without JavaScript', false],
  ])('asks for its name, and tells what stays, %s', async (_title, javaScriptEnabled) => {
    await backUp();
    await using visit = await opened({ javaScriptEnabled });
    await visit.go('/servers/1/delete');
    expect(await visit.page.locator('main').textContent()).toContain('Its archive stays: ');
    expect(await visit.page.locator('main .banner.warning').textContent()).toContain(
      'pgbak forgets its archive password: without it no encrypted archive can be opened',
    );
    if (javaScriptEnabled) expect(await visit.violations()).toEqual([]);
    for (const wrong of ['', 'shop2', 'SHOP']) {
      await visit.page.locator('#name').fill(wrong);
      await visit.press('Delete the server');
      expect(await visit.page.locator('.error').textContent()).toContain('that is not its name: nothing was deleted');
      expect(await visit.page.locator('#name:focus').count()).toBe(1);
    }
    if (javaScriptEnabled) expect(await visit.violations()).toEqual([]);
    expect(await account.json('list')).toHaveLength(1);
    await visit.page.locator('#name').fill('shop');
    await visit.press('Delete the server');
    await visit.page.waitForURL(`${web.origin}/`);
    const notice = await visit.page.locator('.notice').textContent();
    expect(notice).toContain('Deleted shop. Its archive stays: ');
    expect(notice).toContain('To take them back:');
    expect(await visit.page.locator('.notice pre.command').allTextContents()).toEqual([
      'pgbak logs',
      `pgbak catalog rebuild --from file:${account.folder.at('backups')}`,
      expect.stringMatching(/^rm \S+$/),
    ]);
    expect(await account.json('list')).toEqual([]);
    await visit.page.reload();
    expect(await visit.page.locator('.notice').count()).toBe(0);
    // Sent once more, as by a double click, it leads to the same page.
    expect((await web.ask('/servers/1/delete', { method: 'POST', body: 'name=shop' })).status).toBe(303);
  });
});
