import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newAccount } from '../support/pgbak.ts';
import { look } from './accessibility.ts';
import { fillSamples } from './sample-catalog.ts';
import { openBrowser, openWeb } from './support.ts';

// `npm run screenshots`: the pictures of README.md and docs/web.md, of a catalogue with servers in every state.
const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const HEIGHT = 760;

using account = newAccount();
await fillSamples(account);
// Most who look have a schedule; without one each page begins with a warning.
const units = account.folder.at('home', '.config', 'systemd', 'user');
mkdirSync(units, { recursive: true });
writeFileSync(join(units, 'pgbak.service'), '[Service]\nExecStart=/usr/bin/pgbak run\n');
await using web = await openWeb(account);
const browser = await openBrowser();
mkdirSync(FOLDER, { recursive: true });
try {
  const light = await look(browser, web, { colorScheme: 'light', width: 1024 });
  await light.setViewportSize({ width: 1120, height: HEIGHT });
  await light.screenshot({ path: `${FOLDER}web-overview.png` });
  const dark = await look(browser, web, { colorScheme: 'dark', width: 1024 });
  await dark.setViewportSize({ width: 1120, height: HEIGHT });
  await dark.getByRole('link', { name: 'shop', exact: true }).click();
  await dark.waitForURL(/\/servers\/\d+$/);
  await dark.screenshot({ path: `${FOLDER}web-server.png` });
} finally {
  await browser.close();
}
