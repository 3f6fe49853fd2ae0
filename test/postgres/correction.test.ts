import { expect, test } from '@jest/globals';
import { withoutPasswords } from '../../src/core/printable.ts';
import { Secret } from '../../src/core/secret.ts';
import { correctionOf, parseConnection } from '../../src/postgres/connection.ts';

const FLAG = '--connection-string ';

test.each([
  ['postgresql://app:geheim@db.example:5433/shop', 'postgresql://app:PASSWORD@db.example:5433/shop'],
  ['postgresql://app:geheim@db.example', 'postgresql://app:PASSWORD@db.example'],
  ['postgresql://app@db.example/shop?sslmode=require', "'postgresql://app@db.example/shop?sslmode=require'"],
  ['host=db.example dbname=shop password=geheim', /^'.*dbname.*shop.* password=PASSWORD'$/],
])('%s is shown with PASSWORD for its password, and nothing hides that', (text, shown) => {
  const connection = parseConnection(new Secret(text));
  const told = withoutPasswords(correctionOf(FLAG, { ...connection, isPasswordMissing: false }));
  expect(told.startsWith(FLAG)).toBe(true);
  expect(told.slice(FLAG.length)).toMatch(shown);
  expect(told).not.toContain('geheim');
});

test('a password that is lacking has its place', () => {
  const connection = parseConnection(new Secret('postgresql://app@db.example/shop'));
  expect(correctionOf(FLAG, { ...connection, isPasswordMissing: true })).toBe(
    `${FLAG}postgresql://app:PASSWORD@db.example/shop`,
  );
});

test('a reference is told by where it leads', () => {
  const told = ['env:SHOP_URL', 'file:/etc/pgbak/shop'].map((origin) =>
    correctionOf(FLAG, {
      ...parseConnection(new Secret('postgresql://app:geheim@db.example/shop', origin)),
      isPasswordMissing: false,
    }),
  );
  expect(told).toEqual(['it stands in the environment variable SHOP_URL.', 'it stands in the file /etc/pgbak/shop']);
});

test('a password that only begins like the word PASSWORD is hidden', () => {
  expect(withoutPasswords('postgresql://app:PASSWORD1@db.example/shop')).not.toContain('PASSWORD1');
  expect(withoutPasswords('postgresql://app:PASSWORD@x@db.example/shop')).not.toContain('PASSWORD@x');
});
