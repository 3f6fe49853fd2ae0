import { expect, test } from '@jest/globals';
import { inFormWords } from '../../src/web/form/form-words.ts';

test.each([
  ['For example: --destination file:/srv/backups', 'For example: file:/srv/backups'],
  ['Give the server a name: --name shop', 'Give the server a name: shop'],
  ['Choose another name: --name shop2', 'Choose another name: shop2'],
  [
    'Correct it. Or name the server and store it untried: --name shop --no-check',
    'Correct it. Or name the server and store it untried: check "Store it untried"',
  ],
  [
    'Choose another archive name, or another destination: --archive-name shop-2',
    'Choose another archive name, or another destination: shop-2',
  ],
  [
    'For example: pgbak add --connection-string postgresql://user@host/database, or env:NAME or file:/path.',
    'For example: postgresql://user@host/database, or env:NAME or file:/path.',
  ],
  [
    'The bucket has a setting of its own: --b2-bucket or B2_BUCKET.',
    'The bucket has a setting of its own: B2 bucket or B2_BUCKET.',
  ],
  [
    'Is the path right? Mount its disk, or create it: --destination file:/srv/backups --create-destination',
    'Is the path right? Mount its disk, or create it: check the box below',
  ],
  [
    'Correct it. Or, to store it without trying it: --no-check',
    'Correct it. Or, to store it without trying it: check "Store it untried"',
  ],
  ['To take any free one: pgbak web --port 0', 'To take any free one: pgbak web --port 0'],
])('a hint speaks of the form: %s', (hint, words) => {
  expect(inFormWords(hint)).toBe(words);
});
