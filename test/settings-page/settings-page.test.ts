import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { settingsPage } from './page.ts';

const words = (text: string) => text.replaceAll(/-{3,}/g, '---').split(/\s+/);

test('the page of settings is what the table of fields makes of it (npm run settings)', () => {
  const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  expect(words(page)).toEqual(words(settingsPage()));
});
